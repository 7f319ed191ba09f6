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

  // Several at once: the bar shows how many are chosen.
  const picks = () => [...document.querySelectorAll('input[name="pick"]')];
  const count = () => {
    const bar = document.getElementById('bulk');
    if (!bar) return;
    const chosen = picks().filter((pick) => pick.checked).length;
    bar.toggleAttribute('data-some', chosen > 0);
    bar.querySelector('[data-picked]').textContent = String(chosen);
    const all = document.querySelector('[data-pick-all]');
    all.checked = chosen > 0 && chosen === picks().length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  const pickAll = (on) => { for (const pick of picks()) pick.checked = on; count(); };
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-pick-all]')) pickAll(event.target.checked);
    else if (event.target.matches('input[name="pick"]')) count();
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-pick-none]')) pickAll(false);
  });
  addEventListener('pageshow', count);

  // What is done to several is sent one by one, so that one sees how far it came; the answers become one page.
  const each = async (form) => {
    const picks = [...form.querySelectorAll(`input[name="${form.dataset.each}"]`)];
    const place = document.createElement('div');
    place.className = 'progress';
    const told = document.createElement('p');
    told.setAttribute('role', 'status');
    const bar = document.createElement('progress');
    bar.max = picks.length;
    bar.setAttribute('aria-label', 'Progress');
    place.append(told, bar);
    form.after(place);
    form.hidden = true;
    const rows = [];
    let page;
    for (const [at, pick] of picks.entries()) {
      told.textContent = `${at} of ${picks.length} …`;
      bar.value = at;
      const body = new URLSearchParams(new FormData(form));
      body.set(form.dataset.each, pick.value);
      const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html' } });
      page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.querySelectorAll('main tbody tr');
      if (!answer.ok || !fresh.length) throw new Error('no row in the answer');
      rows.push(...fresh);
      pick.remove();
    }
    const main = page.querySelector('main');
    const heading = main.querySelector('h1');
    const done = rows.filter((row) => row.querySelector('.chip-good')).length;
    heading.textContent = heading.textContent.trim().replace(/\d+ of \d+/, `${done} of ${rows.length}`);
    main.querySelector('tbody').replaceChildren(...rows);
    const here = document.querySelector('main');
    here.replaceWith(document.importNode(main, true));
    document.title = heading.textContent;
    arrived(document.querySelector('main'));
  };
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset.each) return;
    event.preventDefault();
    // What is left is sent the plain way.
    each(form).catch(() => form.submit());
  });

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
