// Small comforts of every page: theme, exact times, copying, passwords, one submit per form.
// Nothing here is needed: with scripts off each of these has a plain way.
(() => {
  'use strict';
  const root = document.documentElement;

  // Theme: the cookie is what the server reads, so the next page comes in the right colours at once.
  const showTheme = () => {
    for (const button of document.querySelectorAll('.themes button')) {
      button.setAttribute('aria-pressed', String(button.value === (root.dataset.theme || 'auto')));
    }
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('.themes button');
    if (!button) return;
    event.preventDefault();
    if (button.value === 'auto') delete root.dataset.theme;
    else root.dataset.theme = button.value;
    const secure = location.protocol === 'https:' ? ';secure' : '';
    document.cookie = `theme=${button.value};path=/;max-age=31536000;samesite=lax${secure}`;
    showTheme();
  });

  // Times: the server words them; the exact moment follows the reader's own clock.
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
  const showTimes = (within) => {
    for (const time of within.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.title = exact.format(at);
    }
  };

  // Passwords: a button to look at what was typed.
  const addReveal = (within) => {
    for (const input of within.querySelectorAll('.reveal > input[type="password"]')) {
      if (input.nextElementSibling) continue;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'reveal-btn';
      button.textContent = 'Show';
      button.setAttribute('aria-controls', input.id);
      button.setAttribute('aria-label', 'Show password');
      button.addEventListener('click', () => {
        const hidden = input.type === 'password';
        input.type = hidden ? 'text' : 'password';
        button.textContent = hidden ? 'Hide' : 'Show';
        button.setAttribute('aria-label', hidden ? 'Hide password' : 'Show password');
      });
      input.after(button);
    }
  };

  // A slug follows the name until somebody writes the slug.
  const linkSlugs = (within) => {
    for (const slug of within.querySelectorAll('[data-slug-of]')) {
      const name = document.getElementById(slug.dataset.slugOf);
      if (!name || slug.value) continue;
      let own = false;
      slug.addEventListener('input', () => { own = slug.value !== ''; });
      name.addEventListener('input', () => {
        if (own) return;
        slug.value = name.value.normalize('NFKD').toLowerCase()
          .replace(/[\u0300-\u036f]/g, '').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40);
      });
    }
  };

  // Copying: the clipboard where the browser gives it, the selection where it does not.
  const say = (text) => {
    let region = document.getElementById('said');
    if (!region) {
      region = document.createElement('div');
      region.id = 'said';
      region.className = 'sr';
      region.setAttribute('role', 'status');
      document.body.append(region);
    }
    region.textContent = text;
  };
  const copy = async (source) => {
    const text = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      if (source.select) source.select();
      else { selection.removeAllRanges(); selection.addRange(range); }
      return document.execCommand('copy');
    }
  };
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-copy]');
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    const done = await copy(source);
    const label = button.querySelector('span');
    const before = label.dataset.label ?? label.textContent;
    label.dataset.label = before;
    label.textContent = done ? 'Copied' : 'Press Ctrl+C';
    say(label.textContent);
    setTimeout(() => { label.textContent = before; }, 2000);
  });

  // A file is read into the field that its text belongs in.
  document.addEventListener('change', async (event) => {
    const [file] = event.target.matches('[data-fills]') ? event.target.files : [];
    if (file) document.getElementById(event.target.dataset.fills).value = await file.text();
  });

  // One submit per form: the second click of a hurried finger does nothing.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post') return;
    setTimeout(() => {
      for (const button of form.querySelectorAll('button:not([type="button"])')) {
        button.disabled = true;
        button.setAttribute('aria-busy', 'true');
      }
    });
  });
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const button of document.querySelectorAll('button[aria-busy]')) {
      button.disabled = false;
      button.removeAttribute('aria-busy');
    }
  });

  // A flash may be put away; good news goes by itself, unless somebody reads it or may take it back.
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-dismiss]');
    if (button) (button.closest('.toast') ?? button.closest('.flash')).remove();
  });
  for (const toast of document.querySelectorAll('[data-toast]')) {
    const life_ms = toast.querySelector('form') ? 20_000 : 7_000;
    const leave = () => setTimeout(() => {
      if (toast.matches(':hover, :focus-within')) leave();
      else toast.remove();
    }, life_ms);
    leave();
  }

  // On a phone the tabs scroll: the one that is open is in view.
  const tab = document.querySelector('.side-nav [aria-current]');
  if (tab && matchMedia('(max-width: 52rem)').matches) tab.scrollIntoView({ block: 'nearest', inline: 'center' });

  // Parts of a page that arrive later ask for the same care.
  const dress = (within) => { showTimes(within); addReveal(within); linkSlugs(within); };
  document.addEventListener('console:arrived', (event) => dress(event.target));
  showTheme();
  dress(document);
})();
