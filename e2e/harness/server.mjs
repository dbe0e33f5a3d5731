// Starts the built binary on a free port of this machine with a throw-away directory, and ends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Longest time from the start of the demo until its pages answer: three stories are played first. */
const READY_MS = 180_000;
/** Longest time to shut down after SIGTERM. */
const STOP_MS = 15_000;
/** How much of the output is kept for messages. */
const OUTPUT_CHARACTERS = 200_000;

/** The binary under test: AFTERCARE_BINARY, or what `cargo build` made. */
export function binary() {
  const named = process.env.AFTERCARE_BINARY;
  const built = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug', 'aftercare');
  const path = resolve(named ?? built);
  if (!existsSync(path)) {
    throw new Error(`There is no binary at ${path}. Run \`cargo build --locked\` first, or set AFTERCARE_BINARY.`);
  }
  return path;
}

/** A TCP port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts `aftercare demo` and waits until it is ready.
 * @returns {Promise<{url: string, data: string, output: () => string, stop: () => Promise<void>}>}
 */
export async function startDemo(extra = []) {
  const port = await freePort();
  const parent = await mkdtemp(join(tmpdir(), 'aftercare-e2e-'));
  const data = join(parent, 'data');
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(binary(), ['demo', '--listen', `127.0.0.1:${port}`, '--data', data, ...extra], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', text => { output = (output + text).slice(-OUTPUT_CHARACTERS); });
  }
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    }
    await rm(parent, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      await stop();
      throw new Error(`The demo ended with ${child.exitCode ?? child.signalCode} before it was ready:\n${output}`);
    }
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`The demo was not ready after ${READY_MS / 1000} s:\n${output}`);
    }
    const ready = await fetch(`${url}/readyz`).then(answer => answer.ok, () => false);
    if (ready) break;
    await new Promise(done => setTimeout(done, 100));
  }
  return { url, data, output: () => output, stop };
}
