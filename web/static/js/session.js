// A page on which somebody writes for a while says before the session ends, so that nothing is lost.

import { SessionWatch } from "./sessionwatch.js";

new SessionWatch(document.getElementById("session"));
