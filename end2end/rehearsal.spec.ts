// The guard-side rehearsal for those who have no Lodestar yet: the real command against the real server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures.ts';
import { hydrated, makeKey, makeToken, setUp } from './people.ts';
import { type Server, binary } from './server.ts';

/** Starts a rehearsal; `done` tells how it ended and everything that it said. */
function rehearse(server: Server, token: string, ...args: string[]) {
  const child = spawn(binary, ['rehearse', '--endpoint', server.url, ...args], {
    cwd: server.dataDir,
    env: { PATH: process.env.PATH, MACHINAUT_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const done = once(child, 'exit').then(([code]) => ({ code: code as number | null, said }));
  return { done, stop: () => child.kill() };
}

test('a rehearsal is approved, accepted and confirmed, and its why can be read', async ({ page, server }) => {
  await setUp(page, server);
  const token = await makeToken(page, 'the rehearsal');
  const pin = await makeKey(page, 'human:ada@browser');
  const pins = join(server.dataDir, 'keys.json');
  await writeFile(pins, JSON.stringify([pin]));
  await page.goto('/inbox');
  await hydrated(page);

  const rehearsal = rehearse(server, token, '--pins', pins, '--timeout', '60');
  await page.locator('.hold-rows a').filter({ hasText: 'wants to push' }).click();
  await hydrated(page);
  await expect(page.locator('.hesitations')).toBeVisible();
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('button', { name: 'Sign and approve' }).click();

  const { code, said } = await rehearsal.done;
  expect(said).toContain('GRANTED');
  expect(said).not.toContain(token);
  expect(code).toBe(0);
  await expect(page.locator('.hold-head')).toContainText('confirmed in the log');
});

test('a rehearsal with nothing pinned refuses, and the page says so', async ({ page, server }) => {
  await setUp(page, server);
  const token = await makeToken(page, 'the rehearsal');
  await makeKey(page, 'human:ada@browser');
  await page.goto('/inbox');
  await hydrated(page);

  const rehearsal = rehearse(server, token, '--timeout', '60');
  await page.locator('.hold-rows a').filter({ hasText: 'wants to push' }).click();
  await hydrated(page);
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('button', { name: 'Sign and approve' }).click();
  await expect(page.locator('main')).toContainText('The guard refused this signature');
  rehearsal.stop();
  await rehearsal.done;
});
