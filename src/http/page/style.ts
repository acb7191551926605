/**
 * The style sheet of the admin page.
 *
 * @module
 */

/** Text from the network is isolated (`unicode-bidi`), so that a right-to-left override stays inside its cell. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: #8884; --bar: #2f81f7; --good: #1a7f37; --bad: #d1242f; --dim: #6e7781; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; --dim: #9198a1; } }
body { font: 14px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 84rem; padding: .6rem 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: .95rem; margin: .9rem 0 .4rem; }
h2 .dim { font-weight: 400; margin-left: .5em; }
.dim { color: var(--dim); }
#trouble { color: var(--bad); font-weight: 600; }
#numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); gap: 0 1.5rem; }
.tiles { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: .5rem; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: .3rem .7rem; overflow-wrap: anywhere; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile small { display: block; min-height: 1.4em; }
@media (max-width: 36rem) { .tile { padding: .3rem; } .tile span { font-size: .75rem; } }
.reachable b { color: var(--good); }
.unreachable b, .failed b { color: var(--bad); }
.tile.zero b { color: var(--dim); }
#histogram { display: flex; align-items: flex-end; gap: 3px; height: 10rem; border-bottom: 1px solid var(--line); }
.bucket { flex: 1; display: flex; flex-direction: column; justify-content: flex-end; height: 100%; text-align: center; }
.bucket i { display: block; background: var(--bar); min-height: 0; border-radius: 2px 2px 0 0; transition: height .4s; }
.bucket span { font-size: .75rem; font-variant-numeric: tabular-nums; }
#bounds { display: flex; gap: 3px; font-size: .75rem; color: var(--dim); text-align: center; }
#bounds span { flex: 1; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin-bottom: .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .8125rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .35rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
td { unicode-bidi: isolate; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
td.number, th.number { text-align: right; }
td.strong { font-weight: 600; }
td.unreachable, td.lossy { color: var(--bad); }
td.reachable { color: var(--good); }
td.unknown { color: var(--dim); }
`;
