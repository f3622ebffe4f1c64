// Runs the connector of docs/tools/looker-studio.md as Looker Studio does, with Google's services stood in for, against
// the program: `node looker.mjs CONNECTOR BY FROM TO FIELD...`. The key is in RECKON_KEY. Prints what it answers.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const [, , file, by, startDate, endDate, ...names] = process.argv;

function fail(text) {
  throw new Error(text);
}

// Something whose setters remember what they are given; `others` are its other methods.
function settable(kept, others = {}) {
  const self = new Proxy(others, {
    get: (_, name) => {
      if (name in others) return others[name];
      if (name === 'build') return () => kept;
      if (!name.startsWith('set')) fail(`there is no ${name}()`);
      return (value) => {
        kept[name[3].toLowerCase() + name.slice(4)] = value ?? fail(`${name}() is given nothing`);
        return self;
      };
    },
  });
  return self;
}

function fields(all = []) {
  const add = (concept) => () => {
    all.push({ concept });
    return settable(all.at(-1));
  };
  const find = (id) => all.find((field) => field.id === id) ?? fail(`there is no field ${id}`);
  return {
    newDimension: add('DIMENSION'),
    newMetric: add('METRIC'),
    forIds: (ids) => fields(ids.map(find)),
    build: () => all,
  };
}

function config() {
  const kept = { configParams: [] };
  return settable(kept, {
    newSelectSingle: () => {
      const select = { options: [] };
      kept.configParams.push(select);
      return settable(select, { addOption: (option) => select.options.push(option.build()) });
    },
    newOptionBuilder: () => settable({}),
  });
}

function userError() {
  const kept = {};
  return settable(kept, { throwException: () => fail(kept.text) });
}

const words = (...all) => Object.fromEntries(all.map((word) => [word, word]));
const connector = {
  AuthType: words('KEY', 'NONE', 'OAUTH2'),
  FieldType: words('NUMBER', 'TEXT', 'YEAR_MONTH_DAY'),
  AggregationType: words('AUTO', 'SUM'),
  newAuthTypeResponse: () => settable({}),
  newUserError: userError,
  getConfig: config,
  getFields: () => fields(),
};

// curl in place of Google's client: it is synchronous as well.
let requests = 0;
function fetch(address, { headers = {}, muteHttpExceptions = false } = {}) {
  requests += 1;
  const sent = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const told = execFileSync('curl', ['-sS', '-w', '\n%{http_code}', ...sent, address], { encoding: 'utf8', maxBuffer: 1e8 });
  const end = told.lastIndexOf('\n');
  const [text, status] = [told.slice(0, end), Number(told.slice(end + 1))];
  if (status >= 400 && !muteHttpExceptions) fail(`${status} ${text}`);
  return { getResponseCode: () => status, getContentText: () => text };
}

const stored = new Map();
const properties = {
  getProperty: (name) => stored.get(name) ?? null,
  setProperty: (name, value) => stored.set(name, value),
  deleteProperty: (name) => stored.delete(name),
};
const script = vm.createContext({
  DataStudioApp: { createCommunityConnector: () => connector },
  PropertiesService: { getUserProperties: () => properties },
  UrlFetchApp: { fetch },
});
vm.runInContext(readFileSync(file, 'utf8'), script);

const told = { auth: script.getAuthType(), admin: script.isAdminUser(), before: script.isAuthValid() };
told.wrong = script.setCredentials({ key: 'rk_read_wrong' });
told.stillBefore = script.isAuthValid();
told.right = script.setCredentials({ key: process.env.RECKON_KEY });
told.after = script.isAuthValid();
told.config = script.getConfig();
told.schema = script.getSchema({ configParams: { by } }).schema;
requests = 0;
const asked = { configParams: { by }, dateRange: { startDate, endDate }, fields: names.map((name) => ({ name })) };
told.data = script.getData(asked);
told.requests = requests;
try {
  script.getData({ ...asked, dateRange: { startDate: endDate, endDate: '2020-01-01' } });
} catch (error) {
  told.error = error.message;
}
script.resetAuth();
told.reset = script.isAuthValid();
console.log(JSON.stringify(told));
