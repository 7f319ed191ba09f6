// The least that must hold: the product starts on an empty folder and answers a browser.
import assert from 'node:assert/strict';

export async function an_empty_folder_serves_a_browser({ newPage }) {
  const page = await newPage();
  const answer = await page.goto('/healthz');
  assert.equal(answer.status(), 200);
}
