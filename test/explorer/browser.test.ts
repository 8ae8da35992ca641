/** The explorer in a real browser, served and as a file. Left out, with a line that says so, where there is no Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { type Browser, chromium, type Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/api/serving-app.ts';
import { atlasOf } from '../../src/explorer/atlas.ts';
import { explorerPage } from '../../src/explorer/page.ts';
import { listen } from '../../src/serve/http-server.ts';
import { openSmallModel } from '../api/small-model.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { HOSTILE } from '../report/models.ts';

const executablePath = findChromium('the browser checks of the explorer');
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

if (executablePath !== undefined) {
  const { model, close } = await openSmallModel();
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-explorer-'));
  const file = join(folder, 'explorer.html');
  writeFileSync(file, await explorerPage('test', atlasOf(model)));
  const servers: Server[] = [];
  const serveApp = async (tokens?: string[]) => {
    const app = createApp({ models: () => [model], packageVersion: '0', tokens });
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    servers.push(server);
    return `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}/`;
  };
  const urls = { file: pathToFileURL(file).href, server: await serveApp() };
  const guarded = await serveApp(['0123456789abcdef']);
  let browser: Browser;

  test.before(async () => {
    browser = await chromium.launch({ executablePath, args });
  });
  test.after(async () => {
    await browser.close();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
    await close();
  });

  /** Opens the page, hands it to `body`, and sees that nothing failed meanwhile. */
  const visit = async (url: string, body: (page: Page) => Promise<void>, expected = /^$/) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL('.', url).href)) complaints.push(request.url());
    });
    await page.goto(url);
    await body(page);
    assert.match(await page.title(), /^SimClusters explorer/);
    assert.equal(
      complaints.filter((text) => !expected.test(text)),
      [],
    );
    await context.close();
  };
  const heading = '#detail h2';
  const focused = (page: Page, selector: string) =>
    page.locator(selector).evaluate((node) => node === document.activeElement);

  for (const [way, url] of Object.entries(urls)) {
    test(`${way}: search, open, see why, go on to a community and back`, () =>
      visit(url, async (page) => {
        await page.waitForSelector('#map circle');
        assert.is(await page.locator('#map circle').count(), 5);
        await page.fill('#search', 'maker-2-1');
        await page.click('#results a:has-text("maker-2-1")');
        await page.waitForSelector(heading);
        assert.is(await page.textContent(heading), 'maker-2-1');
        assert.ok(await focused(page, heading));
        assert.match((await page.textContent('#neighbors > li')) ?? '', /maker-2-/);
        await page.click('#neighbors > li:first-child summary');
        assert.match(
          (await page.textContent('#neighbors > li:first-child details ul')) ?? '',
          /^\d+(\.\d)? % /,
        );
        await page.click('#neighbors > li:first-child details a');
        await page.waitForSelector('#detail p:has-text("Community")');
        assert.is(await page.locator('#map a[aria-current]').count(), 1);
        await page.goBack();
        await page.waitForSelector('#neighbors');
        assert.is(await page.textContent(heading), 'maker-2-1');
      }));

    test(`${way}: the keyboard alone reaches communities and their members`, () =>
      visit(url, async (page) => {
        await page.waitForSelector('#map circle');
        await page.focus('#search');
        await page.keyboard.press('Tab');
        assert.ok(await focused(page, '#map a:nth-of-type(1)'));
        const seen = new Set<string>();
        for (const key of [
          'ArrowRight',
          'ArrowDown',
          'ArrowLeft',
          'ArrowUp',
          'ArrowRight',
          'ArrowUp',
          'ArrowLeft',
          'ArrowDown',
        ]) {
          await page.keyboard.press(key);
          seen.add((await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))) ?? '');
          assert.is(await page.locator('#map a[tabindex="0"]').count(), 1);
        }
        assert.ok(seen.size >= 3, `arrows reached ${[...seen]}`);
        await page.keyboard.press('Enter');
        await page.waitForSelector(heading);
        assert.ok(await focused(page, heading));
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.waitForSelector('#neighbors');
      }));

    test(`${way}: hostile ids are text; strangers and narrow screens are fine`, () =>
      visit(
        url,
        async (page) => {
          await page.waitForSelector('#map circle');
          await page.fill('#search', 'onerror');
          await page.click('#results a');
          await page.waitForSelector(heading);
          assert.is(await page.textContent(heading), HOSTILE);
          assert.is(await page.locator('img').count(), 0);
          await page.evaluate(() => {
            location.hash = '#producer/nobody';
          });
          await page.waitForSelector('#detail h2:has-text("Nothing is known")');
          await page.evaluate(() => {
            location.hash = '#producer/%E0%A4%A';
          });
          await page.setViewportSize({ width: 320, height: 700 });
          assert.ok(
            await page.evaluate(() => (document.scrollingElement?.scrollWidth ?? 0) <= window.innerWidth),
          );
        },
        /404/,
      ));
  }

  test('every control has a name, and the map one stop of the Tab key', () =>
    visit(urls.server, async (page) => {
      await page.waitForSelector('#map circle');
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('a, button, input, summary, section, svg[role]')]
          .filter((node) => {
            const label = document.querySelector(`label[for="${node.id}"]`)?.textContent;
            return !(node.getAttribute('aria-label') || node.textContent?.trim() || label);
          })
          .map((node) => node.outerHTML),
      );
      assert.equal(nameless, []);
      assert.is(await page.locator('[role=status]').count(), 1);
    }));

  test('where a token is wanted, the page asks for it', () =>
    visit(
      guarded,
      async (page) => {
        await page.waitForSelector('#token-input:visible');
        await page.keyboard.type('wrong token');
        await page.keyboard.press('Enter');
        await page.waitForSelector('#token-input:visible');
        await page.fill('#token-input', '0123456789abcdef');
        await page.keyboard.press('Enter');
        await page.waitForSelector('#map circle');
        assert.ok(await page.locator('#token').isHidden());
      },
      /401/,
    ));
}

test.run();
