// The addresses of programs that this page may start beside itself. The browser takes
// no others (trusted types).

const programs = { service: "/sw.js", copy: "/static/app/copyworker.js" };

const policy = window.trustedTypes?.createPolicy("p4p-worker", { createScriptURL: (name) => programs[name] });

export const programURL = (name) => (policy ? policy.createScriptURL(name) : programs[name]);
