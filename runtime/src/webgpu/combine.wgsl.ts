/** Terms of a sum beside the array that it is written to. */
export const MOST_TERMS = 5;

/** 32-bit words of `Sum`. */
export const SUM_WORDS = 16;

/** Threads of a workgroup. */
export const WORKGROUP = 256;

/**
 * out <- own out + c0 in0[o0 ..] + ... + c4 in4[o4 ..], then clamped to [low, high]. A sum that is not finite leaves the least
 * `tag` of those in `worst`. A coefficient of 0 leaves its array unread: it may be one that stands in for none.
 */
export const COMBINE = /* wgsl */ `
struct Sum {
  n: u32, tag: u32, low: f32, high: f32,
  own: f32, c0: f32, c1: f32, c2: f32,
  c3: f32, c4: f32, o0: u32, o1: u32,
  o2: u32, o3: u32, o4: u32, unused: u32,
}
@group(0) @binding(0) var<uniform> sum: Sum;
@group(0) @binding(1) var<storage, read_write> worst: atomic<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> in0: array<f32>;
@group(0) @binding(4) var<storage, read> in1: array<f32>;
@group(0) @binding(5) var<storage, read> in2: array<f32>;
@group(0) @binding(6) var<storage, read> in3: array<f32>;
@group(0) @binding(7) var<storage, read> in4: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < sum.n; i += groups.x * ${WORKGROUP}u) {
    var total = 0.0;
    if (sum.own != 0.0) { total = sum.own * result[i]; }
    if (sum.c0 != 0.0) { total += sum.c0 * in0[sum.o0 + i]; }
    if (sum.c1 != 0.0) { total += sum.c1 * in1[sum.o1 + i]; }
    if (sum.c2 != 0.0) { total += sum.c2 * in2[sum.o2 + i]; }
    if (sum.c3 != 0.0) { total += sum.c3 * in3[sum.o3 + i]; }
    if (sum.c4 != 0.0) { total += sum.c4 * in4[sum.o4 + i]; }
    // By its bits: a compiler may take it that no number is NaN.
    if ((bitcast<u32>(total) & 0x7f800000u) == 0x7f800000u) { atomicMin(&worst, sum.tag); }
    result[i] = clamp(total, sum.low, sum.high);
  }
}
`;
