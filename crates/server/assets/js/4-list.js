// Lists that follow what is typed: the form's own address is asked, and only the region is replaced.
// Also the second step of an invitation, where a removed address just goes.
(() => {
  'use strict';
  const arrived = (element) => element.dispatchEvent(new CustomEvent('console:arrived', { bubbles: true }));

  for (const form of document.querySelectorAll('form[data-live]')) {
    const region = () => document.getElementById(form.dataset.live);
    let timer;
    let running;

    const load = async () => {
      running?.abort();
      running = new AbortController();
      const filled = [...new FormData(form)].filter(([, value]) => value !== '');
      const address = new URL(form.action);
      address.search = new URLSearchParams(filled);
      region().setAttribute('aria-busy', 'true');
      try {
        const answer = await fetch(address, { signal: running.signal, headers: { Accept: 'text/html' } });
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(form.dataset.live);
        if (!answer.ok || !fresh) throw new Error('no list in the answer');
        region().replaceWith(document.importNode(fresh, true));
        history.replaceState(null, '', address);
        arrived(region());
      } catch (error) {
        if (error.name !== 'AbortError') form.submit();
      }
    };
    const soon = (delay) => { clearTimeout(timer); timer = setTimeout(load, delay); };

    form.addEventListener('input', (event) => soon(event.target.matches('input[type="search"]') ? 140 : 0));
    form.addEventListener('submit', (event) => { event.preventDefault(); soon(0); });
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-drop]');
    const row = button?.closest('li');
    if (!row || row.parentElement.children.length < 2) return;
    event.preventDefault();
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    next.querySelector('[data-drop]')?.focus();
    for (const count of document.querySelectorAll('[data-count]')) {
      count.textContent = String(document.querySelectorAll('[data-drop]').length);
    }
  });
})();
