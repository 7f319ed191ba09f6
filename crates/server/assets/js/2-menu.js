// Menus are <details>: they open without this file. It closes them on Escape or a click elsewhere,
// walks them with the arrow keys and turns them upward near the lower edge.
(() => {
  'use strict';
  const opened = () => document.querySelectorAll('details.menu[open]');

  document.addEventListener('click', (event) => {
    for (const menu of opened()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener('toggle', (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.classList.contains('menu') || !menu.open) return;
    for (const other of opened()) if (other !== menu) other.open = false;
    const pop = menu.querySelector('.menu-pop');
    const box = menu.getBoundingClientRect();
    const fits = box.bottom + pop.offsetHeight + 8 <= innerHeight;
    menu.classList.toggle('menu-up', !fits && box.top > pop.offsetHeight + 8);
  }, true);

  document.addEventListener('keydown', (event) => {
    const menu = event.target.closest?.('details.menu[open]');
    if (!menu) return;
    if (event.key === 'Escape') {
      menu.open = false;
      menu.querySelector('summary').focus();
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (!(event.key in steps)) return;
    const items = [...menu.querySelectorAll('.menu-pop a, .menu-pop button')];
    if (!items.length) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    const start = at < 0 && steps[event.key] < 0 ? 0 : at;
    items[(start + steps[event.key] + items.length) % items.length].focus();
  });

  document.addEventListener('focusout', (event) => {
    const menu = event.target.closest?.('details.menu[open]');
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
})();
