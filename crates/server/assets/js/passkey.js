// Passkeys: a form marked `data-passkey` asks the server for a question, puts it to the device, and sends the answer
// with its own fields. Without scripts these forms are not shown.
(() => {
  'use strict';
  const forms = document.querySelectorAll('form[data-passkey]');
  if (forms.length === 0) return;
  const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && PublicKeyCredential.parseCreationOptionsFromJSON;
  if (!able) {
    for (const form of forms) form.hidden = true;
    return;
  }

  const question = async (form) => {
    const csrf = form.elements.csrf?.value;
    const answer = await fetch(form.dataset.begin, {
      method: 'POST', credentials: 'same-origin', headers: csrf ? { 'x-csrf-token': csrf } : {},
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail ?? 'that did not work');
    return body;
  };

  // The one question that waits quietly in the list of saved addresses; asking aloud takes its place.
  let quiet;
  const ask = async (form, mediation) => {
    const { ceremony, options } = await question(form);
    const json = options.publicKey;
    let credential;
    if (form.dataset.passkey === 'create') {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
      credential = await navigator.credentials.create({ publicKey });
    } else {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json);
      if (mediation) quiet = new AbortController();
      credential = await navigator.credentials.get({ publicKey, ...(mediation && { mediation, signal: quiet.signal }) });
    }
    const prefix = form.dataset.prefix ?? '';
    form.elements[`${prefix}ceremony`].value = ceremony;
    form.elements[`${prefix}credential`].value = JSON.stringify(credential.toJSON());
    form.requestSubmit();
  };

  const answered = (form) => form.elements[`${form.dataset.prefix ?? ''}credential`].value !== '';
  const failed = (form, error) => {
    const place = form.querySelector('[role="alert"]');
    const gaveUp = error.name === 'NotAllowedError' || error.name === 'AbortError';
    const known = error.name === 'InvalidStateError';
    place.textContent = gaveUp ? 'Nothing came from the device. Try again, or take another way.'
      : known ? 'This device has a passkey for you already.' : `That did not work: ${error.message}`;
    place.hidden = false;
  };

  // Before everything else that listens: the form is sent once the device has answered.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset.passkey || answered(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    quiet?.abort();
    form.querySelector('[role="alert"]').hidden = true;
    ask(form).catch((error) => failed(form, error));
  }, true);

  // An address field that takes passkeys offers them as one types.
  const field = document.querySelector('input[autocomplete~="webauthn"]');
  const form = document.querySelector('form[data-passkey="get"]');
  if (field && form) {
    PublicKeyCredential.isConditionalMediationAvailable?.()
      .then((offered) => offered && ask(form, 'conditional'))
      .catch(() => { /* nobody asked for it */ });
  }
})();
