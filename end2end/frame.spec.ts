// What stands around every page, and the pages that set things up: with and without scripts, light and dark.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { hydrated, makeKey, makeToken, owner, setUp } from './people.ts';

async function signIn(page: Page, password = owner.password): Promise<void> {
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function noSidewaysScroll(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page of the set-up can be read and used by anybody, ${colorScheme}`, async ({ page, server, seriousAxe }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(server.setupLink);
    expect(await seriousAxe()).toEqual([]);
    await setUp(page, server);
    await makeKey(page, 'ada@browser');
    expect(await seriousAxe()).toEqual([]);
    await noSidewaysScroll(page);
    await page.getByRole('link', { name: 'Revoke…' }).click();
    await expect(page.getByRole('button', { name: 'Revoke the key' })).toBeVisible();
    expect(await seriousAxe()).toEqual([]);
    await makeToken(page, 'the proxy');
    expect(await seriousAxe()).toEqual([]);
    await noSidewaysScroll(page);
    await page.goto('/sessions');
    expect(await seriousAxe()).toEqual([]);
  });
}

test('the private half of a key cannot be exported from the page', async ({ page, server }) => {
  await setUp(page, server);
  const pin = await makeKey(page, 'ada@browser');
  const kept = await page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settled(indexedDB.open('machinaut-signer'));
    const records = await settled(database.transaction('keys').objectStore('keys').getAll());
    return Promise.all(
      records.map(async ({ approver_id, private_key }) => ({
        approver_id,
        extractable: private_key.extractable,
        exported: await crypto.subtle.exportKey('pkcs8', private_key).then(
          () => 'the private key',
          (refusal: DOMException) => refusal.name,
        ),
      })),
    );
  });
  expect(kept).toEqual([{ approver_id: pin.actor_id, extractable: false, exported: 'InvalidAccessError' }]);
});

test.describe('refused', () => {
  test.use({ allowedConsole: [/401|409/] });

  test('signing out ends it, and a wrong password says nothing of what was wrong', async ({ page, server }) => {
    await setUp(page, server);
    await page.context().clearCookies();
    await page.goto('/keys');
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await hydrated(page);
    await signIn(page, 'not the password at all');
    await expect(page.getByRole('alert')).toContainText('do not belong together');
    await signIn(page);
    await expect(page).toHaveURL(/\/keys$/);
  });

  test('a key that was revoked is marked, and its approver id is not given away again', async ({ page, server }) => {
    await setUp(page, server);
    await makeKey(page, 'ada@browser');
    await page.getByRole('link', { name: 'Revoke…' }).click();
    await page.getByRole('button', { name: 'Revoke the key' }).click();
    await expect(page.locator('tbody tr').filter({ hasText: 'ada@browser' })).toContainText('revoked');
    await page.getByRole('button', { name: 'Make a key in this browser' }).first().click();
    await page.getByLabel('Approver id').fill('ada@browser');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await expect(page.getByRole('alert')).toContainText('is not given away again');
  });
});

test('a chosen theme is in the first byte of the next page', async ({ page, server, isMobile }) => {
  await setUp(page, server);
  await hydrated(page);
  if (isMobile) await page.getByRole('button', { name: 'More' }).click();
  const toggle = page.getByRole('button', { name: /^Theme/ }).and(page.locator(':visible'));
  await toggle.click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await toggle.click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const answer = await page.request.get('/inbox');
  expect(await answer.text()).toMatch(/<html[^>]* data-theme="dark"/);
});

test('the keyboard goes places', async ({ page, server, isMobile }) => {
  test.skip(isMobile, 'a phone has no such keyboard');
  await setUp(page, server);
  await hydrated(page);
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await expect(page).toHaveURL(/\/keys$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeHidden();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/inbox$/);
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('people set up, read, sign out and sign in', async ({ page, server }) => {
    await setUp(page, server);
    await page.goto('/settings/tokens');
    await expect(page.getByRole('heading', { name: 'No token was made yet' })).toBeVisible();
    await page.context().clearCookies();
    await page.goto('/sessions');
    await signIn(page, 'not the password at all');
    await expect(page.getByRole('alert')).toContainText('were not accepted');
    await signIn(page);
    await expect(page).toHaveURL(/\/(sessions|inbox)/);
  });

  test.describe('at a stranger’s link', () => {
    test('words from the address are never said as ours', async ({ page, server }) => {
      const words = Buffer.from(JSON.stringify({ problem: 'refused', sentence: 'Call +1 555 0100 now.' }));
      const error = words.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      await page.goto(`${server.url}/sign-in?__path=/api/sign_in&__err=${encodeURIComponent(error)}`);
      await expect(page.getByRole('alert')).toContainText('were not accepted');
      await expect(page.locator('main')).not.toContainText('555');
    });
  });
});
