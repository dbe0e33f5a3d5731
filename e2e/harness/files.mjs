// What was downloaded, looked at as whoever gets it would: a zip file and its hashes, and the binary without the server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { binary } from './server.mjs';

/** Presses a link that downloads, and returns the path of the file and its bytes. */
export async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const path = await file.path();
  return { path, bytes: await readFile(path) };
}

/**
 * The files of a zip file by name, as its list at the end has them.
 * @returns {Map<string, Buffer>}
 */
export function unzip(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end >= 0, 'it is no zip file');
  const files = new Map();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [name, extra, comment] = [28, 30, 32].map(place => zip.readUInt16LE(at + place));
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + packed);
    files.set(zip.toString('utf8', at + 46, at + 46 + name), method === 0 ? bytes : inflateRawSync(bytes));
    at += 46 + name + extra + comment;
  }
  return files;
}

/** Every file of papers has the hash that SHA256SUMS says, and none is left out. */
export function holds(files) {
  const sums = files.get('SHA256SUMS').toString('utf8').trim().split('\n').map(line => line.split('  '));
  assert.deepEqual(sums.map(([, name]) => name).sort(), [...files.keys()].filter(name => name !== 'SHA256SUMS').sort());
  for (const [hash, name] of sums) assert.equal(createHash('sha256').update(files.get(name)).digest('hex'), hash, name);
}

/** Runs the binary with these arguments; returns what it says, and fails when it does. */
export async function aftercare(...parameters) {
  const { stdout } = await promisify(execFile)(binary(), parameters);
  return stdout;
}
