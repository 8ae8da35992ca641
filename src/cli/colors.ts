/** Colours for people on a terminal, never for a pipe, whatever the environment forces. */
import pc from 'picocolors';

export function colorsFor(stream: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> {
  return pc.createColors(stream.isTTY === true && process.env['NO_COLOR'] === undefined);
}
