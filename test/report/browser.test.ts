/** The page in a real browser. Left out, with a line that says so, where there is no Chromium. */
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeReport } from '../../src/report/report.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { groupedRows, HOSTILE, modelBuilder } from './models.ts';

const { buildModel, removeModels } = modelBuilder();

const executablePath = findChromium('the browser checks of report.html');
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Visit {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

if (executablePath !== undefined) {
  let browser: Browser;
  const url = pathToFileURL(
    await writeReport(await buildModel(groupedRows(80, 6, 6), { numCommunities: 160 })),
  ).href;

  /** Opens the page, hands it to `body`, and sees that nothing failed meanwhile. */
  const visit = async (
    { width = 1280, scheme, javaScriptEnabled }: Visit,
    body: (page: Page) => Promise<void>,
  ) => {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: scheme,
      javaScriptEnabled,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(url);
    await body(page);
    assert.match(await page.title(), /^SimClusters report/);
    assert.equal(complaints, []);
    await context.close();
  };
  const communities = '#communities-list > li';

  test.before(async () => {
    browser = await chromium.launch({ executablePath, args });
  });
  test.after(async () => {
    await browser.close();
  });

  for (const width of [320, 360, 820, 1280, 1920]) {
    test(`nothing sticks out at ${width} px, closed or open`, () =>
      visit({ width }, async (page) => {
        const overflow = () =>
          page.evaluate(() => (document.scrollingElement?.scrollWidth ?? 0) - window.innerWidth);
        assert.ok((await overflow()) <= 0);
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
        });
        assert.ok((await overflow()) <= 0);
      }));
  }

  test('60 communities come first, the button brings the rest and puts the focus there', () =>
    visit({}, async (page) => {
      const total = Number(
        /of (\d+) shown/.exec((await page.textContent('#communities-list-status')) ?? '')?.[1],
      );
      assert.ok(total > 60);
      assert.is(await page.locator(communities).count(), 60);
      await page.click('#communities-list-more');
      assert.is(await page.locator(communities).count(), Math.min(120, total));
      assert.ok(
        await page
          .locator(`${communities}:nth-child(61) summary`)
          .evaluate((e) => e === document.activeElement),
      );
    }));

  test('search finds communities by member, sort orders them', () =>
    visit({}, async (page) => {
      await page.fill('#communities-list-search', 'maker-17-3');
      assert.is(await page.locator(communities).count(), 1);
      await page.click(`${communities} summary`);
      await page.waitForSelector(`${communities} .members tbody tr`);
      assert.match((await page.textContent(`${communities} .body`)) ?? '', /maker-17-3/);
      await page.fill('#communities-list-search', 'nothing has this');
      assert.is(await page.locator(communities).count(), 0);
      assert.match((await page.textContent('#communities-list-status')) ?? '', /No community/);
      await page.fill('#communities-list-search', '');
      await page.selectOption('#communities-list-sort', 'consumers');
      const counts = await page
        .locator(`${communities} summary > .meta:last-child b`)
        .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
      assert.equal(
        counts,
        [...counts].sort((a, b) => b - a),
      );
    }));

  test('hostile ids are text wherever they turn up', () =>
    visit({}, async (page) => {
      for (const id of ['communities-list', 'neighbors-list', 'users-list']) {
        await page.fill(`#${id}-search`, HOSTILE);
        assert.ok((await page.locator(`#${id} > li`).count()) > 0, id);
      }
      await page.click(`${communities} summary`);
      await page.waitForSelector(`${communities} .members tbody tr`);
      assert.ok(((await page.textContent('#communities-list')) ?? '').includes(HOSTILE));
      assert.is(await page.locator('img').count(), 0);
    }));

  test('the keyboard opens a community; a link from a user leads to one', () =>
    visit({}, async (page) => {
      await page.focus('#communities-list-sort');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.is(await page.getAttribute(`${communities}:first-child details`, 'open'), '');
      await page.fill('#communities-list-search', 'nothing has this');
      await page.focus('#users-list a');
      await page.keyboard.press('Enter');
      const id = new URL(page.url()).hash;
      await page.waitForSelector(`${id}[open] .members tbody tr`);
      assert.ok(await page.locator(`${id} summary`).evaluate((e) => e === document.activeElement));
    }));

  test('the dark scheme is dark, and text stands out in both', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await visit({ scheme }, async (page) => {
        const lightness = await page.evaluate(() => {
          const channels = (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number);
          return channels.reduce((sum, channel) => sum + channel, 0) / 3;
        });
        assert.is(lightness < 64, scheme === 'dark');
        const weak = await page.evaluate(() => {
          const luminance = (color: string) => {
            const [r, g, b] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((text) => {
              const c = Number(text) / 255;
              return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const paperOf = (element: Element | null): string => {
            for (let e = element; e; e = e.parentElement) {
              const color = getComputedStyle(e).backgroundColor;
              if (!/, 0\)$/.test(color)) return color;
            }
            return 'rgb(255, 255, 255)';
          };
          return [...document.querySelectorAll('p, b, bdi, th, td, dt, span, h1, h2, a, text')].flatMap(
            (element) => {
              const style = getComputedStyle(element);
              const ink = luminance(element.tagName === 'text' ? style.fill : style.color);
              const paper = luminance(paperOf(element));
              const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
              return contrast < 4.5
                ? [`${element.tagName}.${element.getAttribute('class')} ${contrast.toFixed(2)}`]
                : [];
            },
          );
        });
        assert.equal([...new Set(weak)], []);
      });
    }
  });

  test('without JavaScript the first view is whole', () =>
    visit({ javaScriptEnabled: false }, async (page) => {
      assert.is(await page.locator(communities).count(), 60);
      await page.click(`${communities}:first-child summary`);
      assert.ok((await page.locator(`${communities}:first-child .members tbody tr`).count()) > 0);
      assert.is(await page.locator('.tools:visible').count(), 0);
      assert.ok((await page.locator('#users-list > li').count()) > 0);
    }));
}

test.after(removeModels);
test.run();
