// Typed access to arrays in linear memory: `p` is the first byte of the array, `i` an element index.

// @ts-ignore: decorator
@inline export function getU32(p: usize, i: u32): u32 { return load<u32>(p + ((<usize>i) << 2)); }
// @ts-ignore: decorator
@inline export function setU32(p: usize, i: u32, value: u32): void { store<u32>(p + ((<usize>i) << 2), value); }
// @ts-ignore: decorator
@inline export function getF32(p: usize, i: u32): f32 { return load<f32>(p + ((<usize>i) << 2)); }
// @ts-ignore: decorator
@inline export function setF32(p: usize, i: u32, value: f32): void { store<f32>(p + ((<usize>i) << 2), value); }
// @ts-ignore: decorator
@inline export function getF64(p: usize, i: u32): f64 { return load<f64>(p + ((<usize>i) << 3)); }
// @ts-ignore: decorator
@inline export function setF64(p: usize, i: u32, value: f64): void { store<f64>(p + ((<usize>i) << 3), value); }

/**
 * Weight of stored edge i. W says how weights are held, so that the choice is made when compiling and not per edge:
 * u8: not at all, every weight is 1;  f32: as they are;  u16: as multiples of `unit`.
 */
// @ts-ignore: decorator
@inline export function weightAt<W>(data: usize, i: u32, unit: f32): f32 {
  if (sizeof<W>() == 1) return 1;
  if (sizeof<W>() == 2) return <f32>load<u16>(data + ((<usize>i) << 1)) * unit;
  return getF32(data, i);
}
