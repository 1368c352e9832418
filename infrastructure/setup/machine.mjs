import process from 'node:process';

/** @returns {{ platform: string, arch: string, musl: boolean }} the machine, as `requirePlatform` wants to know it */
export function thisMachine() {
  return { platform: process.platform, arch: process.arch, musl: isMusl() };
}

function isMusl() {
  if (process.platform !== 'linux' || process.report === undefined) return false;
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined;
}
