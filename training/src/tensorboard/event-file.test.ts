import { mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { EventFile } from './event-file.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'scorebridge-events-')), 'tensorboard');
});

/** CRC-32C by the definition, a bit at a time. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const odd = ((crc ^ (byte >> bit)) & 1) === 1;
      crc = (crc >>> 1) ^ (odd ? 0x82f63b78 : 0);
    }
  return ~crc >>> 0;
}

const unmasked = (masked: number) => {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
};

/** The records of a TFRecord file as far as they are whole; both checksums are checked. */
function* recordsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + 12 <= bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmasked(bytes.readUInt32LE(at + 8))).toBe(checksum(bytes.subarray(at, at + 8)));
    const end = at + 12 + length;
    if (end + 4 > bytes.length) return;
    const data = bytes.subarray(at + 12, end);
    expect(unmasked(bytes.readUInt32LE(end))).toBe(checksum(data));
    yield data;
    at = end + 4;
  }
}

/** The fields of a protocol buffer: number -> values, in order; strings, bytes and messages as they lie there. */
function fieldsOf(bytes: Buffer): Map<number, (number | Buffer)[]> {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const take = (n: number) => bytes.subarray(at, (at += n));
  while (at < bytes.length) {
    const key = varint();
    const read = [
      varint,
      () => take(8).readDoubleLE(),
      () => take(varint()),
      undefined,
      undefined,
      () => take(4).readFloatLE(),
    ][key & 7]!;
    const field = key >> 3;
    fields.set(field, [...(fields.get(field) ?? []), read()]);
  }
  return fields;
}

const message = (value: number | Buffer | undefined) => fieldsOf(value as Buffer);
const text = (value: number | Buffer | undefined) => (value as Buffer).toString();
const files = async () => (await readdir(folder)).sort().map((name) => join(folder, name));
const eventsOf = async (path: string) => [...recordsOf(await readFile(path))].map(fieldsOf);

test('an independent reader finds what was written: version, start, numbers, image', async () => {
  const png = Uint8Array.from({ length: 300 }, (_, i) => i);
  const before = Date.now() / 1000;
  const events = await EventFile.open(folder, 0);
  await events.scalars(1, { loss: 0.5, 'learning rate': 0 });
  await events.scalars(2 ** 33 + 1, { loss: -1e-20 });
  await events.image(7, 'samples', { png, width: 300, height: 2, channels: 1 });
  await events.close();

  const [path, ...more] = await files();
  expect(more).toEqual([]);
  const [version, start, first, late, image, ...rest] = await eventsOf(path!);
  expect(rest).toEqual([]);
  for (const event of [version!, start!, image!]) {
    expect(event.get(1)![0]).toBeGreaterThanOrEqual(before);
    expect(event.get(1)![0]).toBeLessThanOrEqual(Date.now() / 1000);
  }
  expect(text(version!.get(3)![0])).toBe('brain.Event:2');
  expect(start!.get(2)).toEqual([1]);
  expect(message(start!.get(7)![0]).get(1)).toEqual([1]);

  const scalars = (event: ReturnType<typeof fieldsOf>) =>
    message(event.get(5)![0])
      .get(1)!
      .map((value) => [text(message(value).get(1)![0]), message(value).get(2)]);
  expect([first!.get(2), scalars(first!)]).toEqual([
    [1],
    [
      ['loss', [0.5]],
      ['learning rate', [0]],
    ],
  ]);
  expect([late!.get(2), scalars(late!)]).toEqual([[2 ** 33 + 1], [['loss', [Math.fround(-1e-20)]]]]);

  const value = message(message(image!.get(5)![0]).get(1)![0]);
  expect([image!.get(2), text(value.get(1)![0])]).toEqual([[7], 'samples']);
  const picture = message(value.get(4)![0]);
  expect([1, 2, 3].map((field) => picture.get(field))).toEqual([[2], [300], [1]]);
  expect(new Uint8Array(picture.get(4)![0] as Buffer)).toEqual(png);
});

test('a file that was cut anywhere is whole up to the last event before', async () => {
  const events = await EventFile.open(folder, 0);
  const ends: number[] = [];
  const [path] = await files();
  for (let step = 1; step <= 3; step++) {
    await events.scalars(step, { loss: step });
    ends.push((await readFile(path!)).length);
  }
  await events.close();
  for (let length = ends[2]!; length >= ends[0]!; length--) {
    await truncate(path!, length);
    expect((await eventsOf(path!)).length).toBe(2 + ends.filter((end) => end <= length).length);
  }
});

test('a run that goes on has a file of its own, which comes after the others in the order of names', async () => {
  await (await EventFile.open(folder, 0)).close();
  await writeFile(join(folder, 'notes.txt'), '');
  await (await EventFile.open(folder, 5)).close();
  // A clock that was put back.
  await writeFile(join(folder, 'events.out.tfevents.9000000000.there.1'), '');
  await (await EventFile.open(folder, 8)).close();
  const paths = (await files()).filter((path) => path.includes('tfevents'));
  expect(paths.length).toBe(4);
  const starts = await Promise.all([0, 1, 3].map(async (i) => (await eventsOf(paths[i]!))[1]!.get(2)![0]));
  // Later steps are dropped from the one after the last that was taken.
  expect(starts).toEqual([1, 6, 9]);
});
