// What the search page says while the index does not have everything yet.
import type { Page } from '@playwright/test';
import { SlowEngine } from './engine.ts';
import { expect, test as base } from './fixtures.ts';
import { ship } from './guard.ts';
import { haveLodestarData, ShippedLog } from './log.ts';
import { setUp } from './people.ts';
import type { Server } from './server.ts';

const test = base.extend<{ engine: SlowEngine }>({
  engine: async ({}, use) => {
    const engine = await SlowEngine.start();
    await use(engine);
    await engine.stop();
  },
  serverEnv: async ({ engine }, use) => use({ MACHINAUT_MEILI_URL: engine.url }),
});

test.skip(!haveLodestarData, 'the conformance data is not on this machine');

async function shipOne(page: Page, server: Server): Promise<void> {
  await setUp(page, server);
  const printed = await server.console('admin', 'create-token', '--org', 'Analytical Engines', '--grant', 'ship', '--name', 'x');
  const token = printed.trim().split('\n').at(-1)!;
  expect((await ship(server.url, token, ShippedLog.real('ex-telenotes-scripted', 'secret').body)).status).toBe(200);
}

async function says(page: Page, words: RegExp): Promise<void> {
  await expect(async () => {
    await page.goto('/search');
    await expect(page.getByText(words)).toBeVisible({ timeout: 500 });
  }).toPass();
}

test('while the index is rebuilt the page says how far it is, until it is done', async ({ page, server, engine }) => {
  await shipOne(page, server);
  engine.wait();
  const rebuilt = server.console('reindex');
  await says(page, /^Search is rebuilding, \d+ %$/);
  engine.goOn();
  await expect(page.getByText(/Search is rebuilding/)).toHaveCount(0);
  await rebuilt;
});

test('an index that is behind says by how much, until it has everything', async ({ page, server, engine }) => {
  engine.wait();
  await shipOne(page, server);
  await says(page, /^The index is \d+ s behind$/);
  engine.goOn();
  await expect(page.getByText(/s behind/)).toHaveCount(0);
});
