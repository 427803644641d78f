// What the page loads: its style sheet (light and dark, from a phone's width up) and its script.

/** Style sheet, served as /page.css. */
export const css = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1d2229);
  --line: light-dark(#d5dae1, #343c47);
  --text: light-dark(#1b222c, #e9edf2);
  --faint: light-dark(#566274, #a5b0bf);
  --accent: light-dark(#0b5cad, #7cbcff);
  --on-accent: light-dark(#ffffff, #0b1623);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
.banner {
  position: sticky; top: 0; z-index: 1; padding: .7rem 1rem; text-align: center; font-weight: 700;
  letter-spacing: .06em; background: #ffc400; color: #1a1400; border-bottom: .25rem solid #1a1400;
}
main { max-width: 46rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; justify-content: space-between; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.1rem; margin: 0 0 .6rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 1rem 0; }
form { display: flex; flex-wrap: wrap; gap: .5rem; }
label { flex: 1 0 100%; color: var(--faint); font-size: .9rem; }
input { flex: 1 1 12rem; min-width: 0; font: inherit; color: inherit; background: var(--ground); padding: .55rem .7rem;
  border: 1px solid var(--faint); border-radius: .4rem; }
button { font: inherit; font-weight: 600; padding: .55rem 1.1rem; border: 0; border-radius: .4rem;
  background: var(--accent); color: var(--on-accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { list-style: none; margin: .8rem 0 0; padding: 0; }
li { padding: .5rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; display: flex; gap: 1rem;
  justify-content: space-between; }
.faint { color: var(--faint); font-size: .875rem; }
li .faint { flex: none; }
.live::before { content: "●"; margin-right: .4rem; color: light-dark(#b3261e, #ff8a80); }
.live[data-state="open"]::before { color: light-dark(#18794e, #5bd69a); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
`;

/** Script, served as /page.js: keeps a WebSocket open and shows its state. */
export const js = `
const live = document.getElementById("live");
const tick = document.getElementById("tick");
let wait = 500;
function show(state, text) { live.dataset.state = state; live.textContent = text; }
function connect() {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
  socket.onopen = () => { wait = 500; show("open", "Connected"); };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "tick") tick.textContent = "last tick " + new Date(message.at).toLocaleTimeString();
  };
  socket.onclose = ({ code, reason }) => {
    show("closed", "Disconnected (" + code + (reason ? ", " + reason : "") + "), connecting again");
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 10000);
  };
}
connect();
`;
