// The whole loop: hold, announce, ship, why, signed in the browser, fetched and verified by a guard that shares
// nothing with the product, and confirmed in the log.
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { type ApprovalRequest, Guard, refusal, ship } from './guard.ts';
import { ShippedLog, haveLodestarData } from './log.ts';
import { hydrated, makeKey, makeToken, setUp } from './people.ts';

const session = 'ex-telenotes-scripted';

/** A hold that nobody shipped anything about. */
function announcedOnly(): ApprovalRequest {
  const now = Date.now();
  return {
    request_id: randomUUID(),
    action_id: randomUUID(),
    reason: 'L4 (external/shared) always requires approval',
    required_authority: { sensitivity_clearance: 'internal' },
    requested_at: new Date(now).toISOString(),
    deadline: new Date(now + 10 * 60_000).toISOString(),
  };
}

const card = (page: Page, text: string | RegExp) => page.locator('.hold-rows a').filter({ hasText: text });

async function approve(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('button', { name: 'Sign and approve' }).click();
}

test.describe('on a log that the real Lodestar wrote', () => {
  test.skip(!haveLodestarData, 'the conformance data is not on this machine');

  test('a hold is shipped, announced, read, approved, accepted by the guard and confirmed in the log', async ({
    page,
    server,
  }) => {
    await setUp(page, server);
    const token = await makeToken(page, 'the proxy');
    const pin = await makeKey(page, 'human:ada@browser');
    await page.goto('/inbox');
    await hydrated(page);

    const log = ShippedLog.real(session, 'secret');
    const guard = new Guard(server.url, token, log.project, log.hold);
    expect((await ship(server.url, token, log.body)).status).toBe(200);
    expect(await guard.announce()).toBe(202);

    // The card comes by itself: nothing reloads this page.
    await expect(card(page, 'wants to')).toBeVisible();
    await card(page, 'wants to').click();
    await hydrated(page);
    await expect(page.locator('h1.sentence')).toContainText('wants to');
    await expect(page.getByText('verified in this browser').first()).toBeVisible();

    const resolution = guard.wait();
    await approve(page);
    const decided = await resolution;
    expect(decided).toMatchObject({ kind: 'granted', approver_id: pin.actor_id });
    expect(refusal(decided, log.hold, [pin])).toBeUndefined();
    expect(refusal(decided, log.hold, [])).toContain('not pinned');

    expect(await guard.consume()).toBe(204);
    await expect(page.locator('.delivery')).toContainText('Accepted by the guard');
    await expect(page.locator('.hold-head')).toContainText('accepted by the guard');
    await expect(page.locator('.hold-head')).not.toContainText('confirmed in the log');

    expect((await ship(server.url, token, log.withDecision(decided).body)).status).toBe(200);
    await expect(page.locator('.hold-head')).toContainText('confirmed in the log');
  });

  test('a hold at the internal ceiling says what is withheld and how to ship it', async ({ page, server }) => {
    await setUp(page, server);
    const token = await makeToken(page, 'the proxy');
    const log = ShippedLog.real(session, 'internal');
    expect((await ship(server.url, token, log.body)).status).toBe(200);
    await page.goto('/inbox');
    await card(page, 'wants to').click();
    await expect(page.locator('h1.sentence')).toContainText('wants to');
    await expect(page.locator('main')).toContainText('withheld');
    await expect(page.locator('main')).toContainText('--sensitivity-ceiling secret');

    // Shipped again with everything in it, the page opens up by itself.
    await hydrated(page);
    expect((await ship(server.url, token, ShippedLog.real(session, 'secret').body)).status).toBe(200);
    await expect(page.locator('main')).not.toContainText('--sensitivity-ceiling secret');
  });

  test('a granted event with another signature does not confirm our decision', async ({ page, server }) => {
    await setUp(page, server);
    const token = await makeToken(page, 'the proxy');
    await makeKey(page, 'human:ada@browser');
    const log = ShippedLog.real(session, 'secret');
    const guard = new Guard(server.url, token, log.project, log.hold);
    expect((await ship(server.url, token, log.body)).status).toBe(200);
    await page.goto('/inbox');
    await card(page, 'wants to').click();
    await hydrated(page);
    await approve(page);
    const decided = await guard.wait();
    await guard.consume();
    await expect(page.locator('.hold-head')).toContainText('accepted by the guard');

    const forged = { ...decided, signature: { ...decided.signature!, signature: `${'A'.repeat(86)}==` } };
    expect((await ship(server.url, token, log.withDecision(forged).body)).status).toBe(200);
    await page.reload();
    await expect(page.locator('h1.sentence')).toBeVisible();
    await expect(page.locator('.hold-head')).not.toContainText('confirmed in the log');
  });
});

test('a guard that takes the decision away and asks on has refused it', async ({ page, server }) => {
  await setUp(page, server);
  const token = await makeToken(page, 'the proxy');
  await makeKey(page, 'human:ada@browser');
  await page.goto('/inbox');
  await hydrated(page);
  const guard = new Guard(server.url, token, 'notes-app', announcedOnly());
  expect(await guard.announce()).toBe(202);
  await card(page, 'not shipped yet').click();
  await hydrated(page);
  await approve(page);

  const refused = await guard.wait();
  await guard.consume();
  expect(await guard.poll('?wait_ms=0')).toBeUndefined();
  await expect(page.locator('main')).toContainText('The guard refused this signature');
  await expect(page.locator('main')).toContainText('authorized_keys');

  // While time is left another decision can be made, and only that one is served.
  await approve(page);
  const second = await guard.wait();
  expect(second.signature!.signature).not.toBe(refused.signature!.signature);
});

test('a denial carries its reason to the agent', async ({ page, server }) => {
  await setUp(page, server);
  const token = await makeToken(page, 'the proxy');
  const pin = await makeKey(page, 'human:ada@browser');
  await page.goto('/inbox');
  await hydrated(page);
  const guard = new Guard(server.url, token, 'notes-app', announcedOnly());
  expect(await guard.announce()).toBe(202);
  await card(page, 'not shipped yet').click();
  await hydrated(page);
  await page.getByRole('button', { name: /^Deny/ }).click();
  await page.getByLabel('Reason').fill('Not on a Friday — déployez lundi 🚀');
  await page.getByRole('button', { name: 'Sign and deny' }).click();

  const decided = await guard.wait();
  expect(decided).toMatchObject({ kind: 'denied', reason: 'Not on a Friday — déployez lundi 🚀' });
  expect(refusal(decided, guard.hold, [pin])).toBeUndefined();
});

test.describe('in a tab that hears no live events', () => {
  // The browser itself reports what the test cuts off, and the refusal that it provokes.
  test.use({ allowedConsole: [[/\/live\)/, /409 \(Conflict\)/], { option: true }] });

  test('a second decision on one hold is refused clearly', async ({ page, context, server }) => {
    await setUp(page, server);
    const token = await makeToken(page, 'the proxy');
    await makeKey(page, 'human:ada@browser');
    const guard = new Guard(server.url, token, 'notes-app', announcedOnly());
    expect(await guard.announce()).toBe(202);
    await page.goto('/inbox');
    await card(page, 'not shipped yet').click();
    await hydrated(page);

    // A second tab that has not heard of the first one's decision, because it is offline to live events.
    const late = await context.newPage();
    await late.route('**/live', (route) => route.abort());
    await late.goto(page.url());
    await hydrated(late);
    await late.getByRole('button', { name: /^Approve/ }).click();
    await approve(page);
    await expect(page.locator('.hold-head')).toContainText('on its way to the guard');
    await late.getByRole('button', { name: 'Sign and approve' }).click();
    await expect(late.locator('#approve').getByText('decided already')).toBeVisible();
  });
});

test('the private key cannot be exported from the page', async ({ page, server }) => {
  await setUp(page, server);
  await makeKey(page, 'human:ada@browser');
  const outcome = await page.evaluate(async () => {
    const found: { extractable: boolean; exports: string[] }[] = [];
    const ask = <T>(request: IDBRequest<T>) =>
      new Promise<T>((done, fail) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error);
      });
    const tryToExport = async (key: CryptoKey) => {
      const exports: string[] = [];
      for (const format of ['pkcs8', 'jwk', 'raw'] as const) {
        await crypto.subtle.exportKey(format, key).then(
          () => exports.push(format),
          () => undefined,
        );
      }
      found.push({ extractable: key.extractable, exports });
    };
    const search = async (value: unknown): Promise<void> => {
      if (value instanceof CryptoKey) {
        if (value.type === 'private') await tryToExport(value);
      } else if (value && typeof value === 'object') {
        for (const inner of Object.values(value)) await search(inner);
      }
    };
    for (const { name } of await indexedDB.databases()) {
      const database = await ask(indexedDB.open(name!));
      for (const store of database.objectStoreNames) {
        for (const row of await ask(database.transaction(store).objectStore(store).getAll())) await search(row);
      }
    }
    return found;
  });
  expect(outcome).toEqual([{ extractable: false, exports: [] }]);
});
