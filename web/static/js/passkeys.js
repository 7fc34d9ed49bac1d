// Security keys (WebAuthn): our JSON has bytes in base64url, the browser's calls take and give buffers.

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function named(list) {
  return (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

/** Whether this browser, at this address, knows security keys at all. */
export function knowsKeys() {
  return window.isSecureContext && "PublicKeyCredential" in window;
}

/** Lets the browser make a key for what the server asks; what it answers, as JSON. */
export async function madeFor(asked) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
    },
  });
  const { attestationObject, clientDataJSON } = made.response;
  return told(made, { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) });
}

/** Lets one of the keys sign what the server asks; what it answers, as JSON. */
export async function signedFor(asked) {
  const made = await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = made.response;
  return told(made, {
    authenticatorData: text(authenticatorData),
    clientDataJSON: text(clientDataJSON),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
}

function told(made, response) {
  return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}
