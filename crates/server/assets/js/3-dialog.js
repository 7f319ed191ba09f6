// A link marked data-dialog leads to a page that asks something. With scripts that page's question
// floats over the list; on success the list is loaded anew, on refusal the answer takes its place.
(() => {
  'use strict';
  let dialog;
  let opener;

  const close = () => dialog?.close();

  const build = () => {
    dialog = document.createElement('dialog');
    dialog.addEventListener('close', () => {
      dialog.replaceChildren();
      opener?.focus();
    });
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog || event.target.closest('[data-close]')) {
        event.preventDefault();
        close();
      }
    });
    dialog.addEventListener('submit', send);
    document.body.append(dialog);
  };

  // The page below may hold the same ids (a filter and a field both called `role`).
  const renameIds = (part) => {
    for (const element of part.querySelectorAll('[id]')) element.id = `in-dialog-${element.id}`;
    for (const name of ['for', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'data-copy', 'data-slug-of']) {
      for (const element of part.querySelectorAll(`[${name}]`)) {
        const ids = element.getAttribute(name).split(/\s+/).map((id) => `in-dialog-${id}`);
        element.setAttribute(name, ids.join(' '));
      }
    }
  };

  const fill = (html) => {
    const part = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-ask]');
    if (!part) return false;
    renameIds(part);
    const cross = document.createElement('button');
    cross.type = 'button';
    cross.className = 'btn btn-quiet btn-icon dialog-x';
    cross.dataset.close = '';
    cross.setAttribute('aria-label', 'Close');
    const icon = document.createElement('span');
    icon.className = 'icon i-cross';
    cross.append(icon);
    dialog.replaceChildren(document.importNode(part, true), cross);
    dialog.setAttribute('aria-labelledby', dialog.querySelector('h1')?.id ?? '');
    dialog.dispatchEvent(new CustomEvent('console:arrived', { bubbles: true }));
    return true;
  };

  const focusFirst = () => {
    // What was wrong, else what may be answered, else the way back: never the button that ends something.
    const wanted = ['[aria-invalid="true"]', 'textarea', 'input:checked', 'input:not([type="hidden"]):enabled', 'select', '.form-acts [data-close]'];
    wanted.map((one) => dialog.querySelector(one)).find(Boolean)?.focus();
  };

  const open = async (link) => {
    try {
      const answer = await fetch(link.href, { headers: { Accept: 'text/html' } });
      if (!dialog) build();
      if (!answer.ok || answer.redirected || !fill(await answer.text())) throw new Error('not a question');
      opener = link.closest('details.menu')?.querySelector('summary') ?? link;
      dialog.dataset.leaves = link.dataset.dialog;
      dialog.showModal();
      focusFirst();
    } catch {
      location.assign(link.href);
    }
  };

  async function send(event) {
    const form = event.target;
    // A question whose success leads away from this page is answered the plain way.
    if (form.method !== 'post' || dialog.dataset.leaves === 'leaves') return;
    event.preventDefault();
    const button = event.submitter;
    if (button?.getAttribute('aria-busy')) return;
    button?.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(form.action, {
        method: 'POST',
        body: new URLSearchParams(new FormData(form, button)),
        redirect: 'manual',
        headers: { Accept: 'text/html' },
      });
      if (answer.type === 'opaqueredirect') return location.reload();
      if (!fill(await answer.text())) throw new Error('no question in the answer');
      focusFirst();
    } catch {
      form.submit();
    }
  }

  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest('a[data-dialog]');
    if (!link) return;
    event.preventDefault();
    const menu = link.closest('details.menu');
    if (menu) menu.open = false;
    open(link);
  });
})();
