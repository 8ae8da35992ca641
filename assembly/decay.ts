// Exponential decay of engagements, and what a user's last action on an item leaves behind.
import { getF32, getF64, getU32, setF32 } from './access';
import { exp } from './math';

@unmanaged class DecayParams {
  timesMs: usize; // f64[numItems]
  values: usize; // f32[numItems]
  nowMs: f64;
  decayPerMs: f64; // ln 2 / half-life in ms
  decayed: usize; // f32[numItems], out
}

/** Items lo..hi: decayed = value * e^(-(now - time) * decayPerMs) = value * 0.5^((now - time) / halfLife). */
export function decayValues(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<DecayParams>(params);
  for (let i = lo; i < hi; i++) {
    setF32(p.decayed, i, <f32>(<f64>getF32(p.values, i) * exp((getF64(p.timesMs, i) - p.nowMs) * p.decayPerMs)));
  }
}

/** Kinds of action. */
const FAV: u32 = 1;
const UNFAV: u32 = 2;

@unmanaged class LastStateParams {
  indptr: usize; // u32[numUsers + 1]: events of each user, ordered by item, then by time
  events: usize; // u32[numEvents]
  itemOf: usize; // u32[numEvents], by event
  kindOf: usize; // u32[numEvents], by event: FAV, UNFAV, or another
  contribution: usize; // f32[numEvents], by event, zero before; out
}

/**
 * Users lo..hi: what the events of each (user, item) leave, at the event that decided it: +1 for a fav that stands,
 * -1 for an unfav whose fav lies before the window, 0 for a fav undone within the window.
 */
export function lastStates(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<LastStateParams>(params);
  for (let user = lo; user < hi; user++) {
    const end = getU32(p.indptr, user + 1);
    let i = getU32(p.indptr, user);
    while (i < end) {
      const item = getU32(p.itemOf, getU32(p.events, i));
      let state: f32 = 0;
      let hadFav = false;
      let decidedBy = getU32(p.events, i);
      for (; i < end; i++) {
        const event = getU32(p.events, i);
        if (getU32(p.itemOf, event) != item) break;
        const kind = getU32(p.kindOf, event);
        if (kind == FAV) {
          state = 1;
          hadFav = true;
          decidedBy = event;
        } else if (kind == UNFAV) {
          state = hadFav ? 0 : -1;
          decidedBy = event;
        }
      }
      setF32(p.contribution, decidedBy, state);
    }
  }
}
