// A real OpenID provider for tests (panva's, certified), with people whose roles their login names say.
// Its one argument is JSON: { port, clientId, clientSecret, redirectUri, backTo, endedUri, inIdToken }.

import Provider from "oidc-provider";

const told = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${told.port}`;
const ROLES = { clerk: ["统一窗口岗", "工会"], operator: ["hall-admin"], stranger: ["别的系统"] };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: told.clientId,
      client_secret: told.clientSecret,
      redirect_uris: [told.redirectUri],
      post_logout_redirect_uris: [told.backTo],
      ...(told.endedUri && { backchannel_logout_uri: told.endedUri }),
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub", "roles", "unit"] },
  conformIdTokenClaims: !told.inIdToken,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, roles: ROLES[id.split("-").pop()] ?? [], unit: "渝中区政务服务中心" }),
  }),
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  // Within seconds on this machine; the library's own agent refuses addresses of this machine.
  fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
});

provider.on("backchannel.error", (_context, error) => console.error("backchannel", error));
provider.on("server_error", (_context, error) => console.error(error));
provider.listen(told.port, "127.0.0.1", () => console.log("ready"));
