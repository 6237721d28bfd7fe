import { WORKGROUP } from './combine.wgsl.js';

/** 32-bit words of `Draw`. */
export const DRAW_WORDS = 8;

/**
 * The standard normals of `noise/normal.ts` for `rows` samples of `size` numbers each: the same words of Threefry 4x32-20, and
 * Box-Muller in float32, whose rounding is all that differs. The logarithm is the series of that file, with m - 1 taken
 * from the integer, which float32 could not subtract; WGSL promises too little of its own log, sin and cos.
 */
export const NORMALS = /* wgsl */ `
struct Draw { size: u32, rows: u32, first: u32, step: u32, stream: u32, seedLow: u32, seedHigh: u32, unused: u32 }
@group(0) @binding(0) var<uniform> draw: Draw;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

const ROTATIONS = array<vec2u, 8>(
  vec2u(10, 26), vec2u(11, 21), vec2u(13, 27), vec2u(23, 5), vec2u(6, 20), vec2u(17, 11), vec2u(25, 10), vec2u(18, 20));

fn rotate(word: u32, by: u32) -> u32 { return (word << by) | (word >> (32u - by)); }

fn threefry(counter: vec4u) -> vec4u {
  var key = array<u32, 5>(draw.seedLow, draw.seedHigh, 0u, 0u, 0x1bd11bdau ^ draw.seedLow ^ draw.seedHigh);
  var x = counter + vec4u(key[0], key[1], key[2], key[3]);
  for (var r = 0u; r < 20u; r++) {
    let by = ROTATIONS[r % 8u];
    // In every other round the second and fourth words change places.
    if (r % 2u == 0u) {
      x.x += x.y; x.y = rotate(x.y, by.x) ^ x.x;
      x.z += x.w; x.w = rotate(x.w, by.y) ^ x.z;
    } else {
      x.x += x.w; x.w = rotate(x.w, by.x) ^ x.x;
      x.z += x.y; x.y = rotate(x.y, by.y) ^ x.z;
    }
    if (r % 4u == 3u) {
      let group = r / 4u + 1u;
      x += vec4u(key[group % 5u], key[(group + 1u) % 5u], key[(group + 2u) % 5u], key[(group + 3u) % 5u] + group);
    }
  }
  return x;
}

/** log u of u = (k + 1/2) / 2^32. */
fn logUniform(k: u32) -> f32 {
  if (k == 0u) { return -33.0 * 0.6931471805599453; }
  let zeros = countLeadingZeros(k);
  let top = k << zeros;
  let halfUnit = 0.5 * f32(1u << zeros);
  // half = (top + halfUnit) / 2^32 is in [1/2, 1); doubled where below sqrt(1/2), so that m is in [sqrt(1/2), sqrt(2)).
  let doubled = top < 0xb504f333u;
  var below: f32;
  if (doubled) { below = (f32(top - 0x80000000u) + halfUnit) * exp2(-31.0); }
  else { below = -(f32(~top) + 1.0 - halfUnit) * exp2(-32.0); }
  let s = below / (below + 2.0);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
  return 2.0 * s * series - (f32(zeros) + select(0.0, 1.0, doubled)) * 0.6931471805599453;
}

fn boxMuller(radiusWord: u32, angle: u32) -> vec2f {
  let radius = sqrt(-2.0 * logUniform(radiusWord));
  let phi = (f32(i32(angle & 0x3fffffffu) - 0x20000000) + 0.5) * (exp2(-30.0) * 1.5707963267948966);
  let p = phi * phi;
  let sine = phi * (1.0 + p * (-1.0 / 6.0 + p * (1.0 / 120.0 + p * (-1.0 / 5040.0 + p / 362880.0))));
  let cosine = 1.0 + p * (-0.5 + p * (1.0 / 24.0 + p * (-1.0 / 720.0 + p * (1.0 / 40320.0 - p / 3628800.0))));
  let turned = select(radius, -radius, (angle >> 31u) == 1u);
  return turned * select(vec2f(cosine, sine), vec2f(-sine, cosine), ((angle >> 30u) & 1u) == 1u);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = (draw.size + 3u) / 4u;
  for (var i = id.x; i < blocks * draw.rows; i += groups.x * ${WORKGROUP}u) {
    let row = i / blocks;
    let block = i % blocks;
    let words = threefry(vec4u(block, draw.step, draw.first + row, draw.stream));
    let z = vec4f(boxMuller(words.x, words.y), boxMuller(words.z, words.w));
    for (var j = 0u; j < min(4u, draw.size - 4u * block); j++) { result[row * draw.size + 4u * block + j] = z[j]; }
  }
}
`;
