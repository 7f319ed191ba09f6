// Keys: `/` goes to the search, Ctrl-K (Cmd-K) opens a list of every place this page links to, and of people.
(() => {
  'use strict';
  let dialog;
  let input;
  let list;
  let none;
  let places = [];
  let shown = [];
  let at = 0;

  const gather = () => {
    const seen = new Set();
    return [...document.querySelectorAll('[data-places] a[href], a[data-place]')].flatMap((link) => {
      const label = link.dataset.place || link.textContent.trim().replace(/\s+/g, ' ');
      if (!label || seen.has(link.href + label)) return [];
      seen.add(link.href + label);
      return [{ label, group: link.closest('[data-places]')?.dataset.places ?? 'On this page', link }];
    });
  };

  const mark = () => {
    [...list.children].forEach((item, index) => item.setAttribute('aria-selected', String(index === at)));
    const current = list.children[at];
    if (current) {
      input.setAttribute('aria-activedescendant', current.id);
      current.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  };

  // People: asked of the list's own page, as its search does, once a few letters are typed.
  let people = [];
  let timer;
  let running;
  const ask = () => {
    clearTimeout(timer);
    running?.abort();
    const typed = input.value.trim();
    const list = document.querySelector('.side-nav a[href$="/admin/users"]');
    if (typed.length < 2 || !list) { people = []; return; }
    timer = setTimeout(async () => {
      running = new AbortController();
      const address = new URL(list.href);
      address.searchParams.set('query', typed);
      try {
        const answer = await fetch(address, { signal: running.signal, headers: { Accept: 'text/html' } });
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        people = [...page.querySelectorAll('#people .who')].slice(0, 8).flatMap((who) => {
          const link = who.querySelector('a[href]');
          const mail = who.querySelector('.who-mail')?.textContent.trim() ?? '';
          return link ? [{ label: link.textContent.trim(), group: mail || list.textContent.trim(), link, found: true }] : [];
        });
        show();
      } catch (error) {
        if (error.name !== 'AbortError') people = [];
      }
    }, 140);
  };

  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const named = places.filter(({ label, group }) => words.every((word) => `${label} ${group}`.toLowerCase().includes(word)));
    shown = [...named, ...people];
    at = 0;
    list.replaceChildren(...shown.map(({ label, group }, index) => {
      const item = document.createElement('li');
      item.id = `place-${index}`;
      item.setAttribute('role', 'option');
      const name = document.createElement('span');
      name.textContent = label;
      const where = document.createElement('span');
      where.textContent = group;
      item.append(name, where);
      return item;
    }));
    list.hidden = shown.length === 0;
    none.hidden = shown.length > 0;
    mark();
  };

  const go = () => {
    const place = shown[at];
    if (!place) return;
    dialog.close();
    if (place.found) location.assign(place.link.getAttribute('href'));
    else place.link.click();
  };

  const build = () => {
    dialog = document.createElement('dialog');
    dialog.className = 'palette';
    dialog.setAttribute('aria-label', 'Go to');
    input = document.createElement('input');
    input.type = 'text';
    input.placeholder = 'Go to a page or a person …';
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-label', 'Go to');
    input.setAttribute('aria-expanded', 'true');
    input.setAttribute('aria-controls', 'places');
    input.setAttribute('aria-autocomplete', 'list');
    input.autocomplete = 'off';
    list = document.createElement('ul');
    list.id = 'places';
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'Places');
    none = document.createElement('p');
    none.textContent = 'Nothing here has that name.';
    dialog.append(input, list, none);
    dialog.addEventListener('click', (event) => {
      const item = event.target.closest('li');
      if (item) { at = [...list.children].indexOf(item); go(); }
      else if (event.target === dialog) dialog.close();
    });
    input.addEventListener('input', () => { people = []; show(); ask(); });
    input.addEventListener('keydown', (event) => {
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps && shown.length) {
        event.preventDefault();
        at = (at + steps[event.key] + shown.length) % shown.length;
        mark();
      } else if (event.key === 'Enter') {
        event.preventDefault();
        go();
      }
    });
    document.body.append(dialog);
  };

  const openPalette = () => {
    if (!dialog) build();
    if (dialog.open) return dialog.close();
    places = gather();
    input.value = '';
    people = [];
    show();
    dialog.showModal();
    input.focus();
  };

  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.('input, textarea, select, dialog, [contenteditable]')) return;
    const search = document.querySelector('[data-search]');
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-palette]')) openPalette();
  });
})();
