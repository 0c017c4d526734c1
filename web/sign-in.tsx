import { useState } from 'preact/hooks';
import { signIn, signInByLink } from './session.js';

/** Signs in by name and password or, where the address has a one-time link, by choosing a password. */
export function SignIn({ done }: { done: () => void }) {
  const [failed, setFailed] = useState('');
  const link = new URLSearchParams(location.hash.slice(1)).get('link');
  const linkName = new URLSearchParams(location.hash.slice(1)).get('name') ?? '';
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [name, password] = [String(form.get('name') ?? '').trim(), String(form.get('password') ?? '')];
    try {
      if (link === null) await signIn(name, password);
      else await signInByLink(link, password, linkName === '' && name !== '' ? name : undefined);
      if (link !== null) location.hash = '#/now';
      done();
    } catch (thrown) {
      setFailed(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  return (
    <form class="card sign-in" onSubmit={(event) => void send(event)}>
      <h2>{link === null ? 'Sign in' : 'Choose your password'}</h2>
      <label for="name">Name</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" {...(linkName === '' ? {} : { value: linkName, readOnly: true })} required />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete={link === null ? 'current-password' : 'new-password'} required />
      <button type="submit" class="main">
        {link === null ? 'Sign in' : 'Choose it and sign in'}
      </button>
      {failed !== '' && (
        <p class="alarm small" role="alert">
          {failed}
        </p>
      )}
    </form>
  );
}
