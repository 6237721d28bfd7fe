import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every file of kernels is in the index and has a test that lists its kernels', () => {
  const folder = new URL('.', import.meta.url);
  const text = (name: string) => readFileSync(new URL(name, folder), 'utf8');
  const files = readdirSync(folder);
  const holding = files.filter(
    (f) => !/test|index|rule/.test(f) && /export const \w+: (Complex)?Rules/.test(text(f)),
  );
  expect(holding.length).toBeGreaterThan(5);
  for (const file of holding) {
    expect(text('index.ts'), file).toContain(`'./${file.replace('.ts', '.js')}'`);
    expect(files, file).toContain(file.replace('.ts', '.test.ts'));
    expect(text(file.replace('.ts', '.test.ts')), file).toContain('testKernels(');
  }
});
