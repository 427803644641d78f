// Hardening: the parts of the CIS Docker Benchmark (1.7.0, section 5 and 4.1) that a container's definition decides.
import { isRoot, KEPT_CAPABILITIES } from "../../lib/docker/opened.ts";
import {
  containerRule,
  type Facts,
  isMissing,
  isSet,
  numberOf,
  type ResourceRule,
  records,
  text,
  texts,
  types,
} from "../rule.ts";
import { hardenedRule, opened } from "./opened.ts";

function capabilities(facts: Facts, key: "adds" | "drops"): string[] {
  return texts(records([facts.capabilities])[0]?.[key]).map((name) =>
    name.replace(/^CAP_/, "").toUpperCase(),
  );
}

function withoutProfile(facts: Facts): string[] {
  return texts(facts.securityOpts).filter((option) => /unconfined|label[:=]disable/.test(option));
}

const WORKABLE_GRACE_SECONDS = 5;

export const hardening: readonly ResourceRule[] = [
  {
    name: "non-root",
    group: "hardening",
    cis: "4.1",
    title: "No container runs as root.",
    reason: "A way out of the container as root is root on the host.",
    fix: "set user to one without rights, for example 1000:1000",
    level: "mandatory",
    types: [types.container, types.migration],
    check({ facts }) {
      const { user } = facts;
      if (opened(facts).has("non-root")) return [];
      if (isMissing(user)) return ["has no user: it may run as root"];
      return isRoot(text(user) ?? "1000") ? ["runs as root"] : [];
    },
  },
  containerRule({
    name: "security-profile",
    group: "hardening",
    cis: "5.2, 5.3, 5.22",
    title: "The host's security profiles stay on.",
    reason:
      "AppArmor, SELinux and seccomp stop calls to the kernel that no app needs and most break-outs do.",
    fix: "leave apparmor=unconfined, label=disable and seccomp=unconfined out of securityOpts",
    level: "mandatory",
    check: ({ facts }) => withoutProfile(facts).map((option) => `sets ${option}`),
  }),
  hardenedRule({
    name: "capabilities",
    group: "hardening",
    cis: "5.4",
    title: "All capabilities are dropped but those that are needed.",
    reason: "Docker grants fourteen by default, raw sockets and changing owners among them.",
    fix: `drop ALL, and add at most ${KEPT_CAPABILITIES.join(", ")}`,
    level: "mandatory",
    check({ facts }) {
      if (isSet(facts.capabilities) || isMissing(facts.capabilities)) {
        const extra = capabilities(facts, "adds").filter(
          (name) => !KEPT_CAPABILITIES.includes(name) && !opened(facts).has(`capabilities:${name}`),
        );
        return [
          ...(capabilities(facts, "drops").includes("ALL") ? [] : ["keeps Docker's default capabilities"]),
          ...extra.map((name) => `adds the capability ${name}`),
        ];
      }
      return [];
    },
  }),
  containerRule({
    name: "no-privileged",
    group: "hardening",
    cis: "5.5",
    title: "No container is privileged.",
    reason: "A privileged container has every device and every right of the host.",
    fix: "leave privileged out",
    level: "mandatory",
    check: ({ facts }) => (facts.privileged === true ? ["is privileged"] : []),
  }),
  containerRule({
    name: "no-ssh",
    group: "hardening",
    cis: "5.7",
    title: "No container offers SSH.",
    reason: "A login inside a container is one more door, with keys of its own that nobody rotates.",
    fix: "use `docker exec` through the host's own SSH",
    level: "mandatory",
    check: ({ facts }) =>
      records(facts.ports).some(({ internal }) => numberOf(internal) === 22) ? ["publishes port 22"] : [],
  }),
  hardenedRule({
    name: "read-only-root",
    group: "hardening",
    cis: "5.13",
    title: "A container's root file system is read-only.",
    reason: "What an intruder can't write can't be run, and no data hides where the next deploy deletes it.",
    fix: "set readOnly, and tmpfs or a volume for what must be written",
    level: "mandatory",
    check: ({ facts }) =>
      facts.readOnly === true ||
      (isSet(facts.readOnly) && facts.readOnly !== false) ||
      opened(facts).has("read-only-root")
        ? []
        : ["can write its root file system"],
  }),
  containerRule({
    name: "restart-policy",
    group: "hardening",
    cis: "5.15",
    title: "A container comes back after a crash, its own or the host's.",
    reason:
      "`no` leaves an environment down after the host's restart. So does `unless-stopped` after the Docker daemon was killed; " +
      "it is allowed for what a person may stop by hand.",
    fix: "set restart to always, unless-stopped, or on-failure with maxRetryCount",
    level: "mandatory",
    check({ facts: { restart } }) {
      const value = text(restart) ?? "no";
      return ["always", "unless-stopped", "on-failure"].includes(value)
        ? []
        : [`has the restart policy ${value}`];
    },
  }),
  containerRule({
    name: "no-devices",
    group: "hardening",
    cis: "5.18",
    title: "No container gets a device of the host.",
    reason: "A device is a way around every limit: disks can be read, memory mapped.",
    fix: "leave devices, gpus, deviceRequests and deviceCgroupRules out",
    level: "mandatory",
    check: ({ facts }) => [
      ...(opened(facts).has("no-devices")
        ? []
        : [
            ...records(facts.devices).map(({ hostPath }) => `gets the device ${String(hostPath)}`),
            ...texts([facts.gpus]).map((gpus) => `gets GPUs: ${gpus}`),
          ]),
      ...texts(facts.deviceCgroupRules).map((rule) => `may use devices: ${rule}`),
      ...records(facts.deviceRequests).map(() => "asks for devices of a driver"),
    ],
  }),
  containerRule({
    name: "bounded-ulimits",
    group: "hardening",
    cis: "5.19",
    title: "No limit of a process is lifted.",
    reason:
      "The daemon's own bounds on open files, locked memory and the like hold where a container sets none; an unlimited " +
      "one lets a single process take from all.",
    fix: "leave ulimits out, or give soft and hard a number",
    level: "mandatory",
    check: ({ facts }) =>
      records(facts.ulimits)
        .filter(
          ({ soft, hard }) =>
            !opened(facts).has("bounded-ulimits") && [soft, hard].some((limit) => (numberOf(limit) ?? 0) < 0),
        )
        .map(({ name }) => `has no bound on ${String(name)}`),
  }),
  containerRule({
    name: "no-own-cgroup",
    group: "hardening",
    cis: "5.25",
    title: "No container names its control group.",
    reason: "In a group of its own choice the limits of others would hold, or none.",
    fix: "leave cgroupnsMode and cgroupParent out",
    level: "mandatory",
    check: ({ facts }) =>
      text(facts.cgroupnsMode) === "host" || isSet(facts.cgroupParent) ? ["names its control group"] : [],
  }),
  containerRule({
    name: "no-new-privileges",
    group: "hardening",
    cis: "5.26",
    title: "No process gains rights after its start.",
    reason: "A setuid program in the image would make root of any user.",
    fix: "put no-new-privileges:true into securityOpts",
    level: "mandatory",
    check: ({ facts }) =>
      !Array.isArray(facts.securityOpts) && isSet(facts.securityOpts)
        ? []
        : texts(facts.securityOpts).some((option) => /^no-new-privileges([:=]true)?$/.test(option))
          ? []
          : ["may gain privileges"],
  }),
  containerRule({
    name: "health-check",
    group: "hardening",
    cis: "5.27",
    title: "Every container has a health check.",
    reason: "Traffic moves to a new container when it is healthy; without a check that is when it exists.",
    fix: "give the component a health command",
    level: "mandatory",
    check({ facts: { healthcheck } }) {
      if (isMissing(healthcheck)) return ["has no health check"];
      const [tests] = records([healthcheck]).map((entry) => texts(entry.tests));
      return tests?.[0] === "NONE" ? ["switches its health check off"] : [];
    },
  }),
  containerRule({
    name: "init-process",
    group: "hardening",
    title: "A container has an init process.",
    reason:
      "Without one nobody takes care of processes whose parent ended, and signals may not reach the app.",
    fix: "set init",
    level: "advisory",
    check: ({ facts }) =>
      facts.init === true || (facts.init !== undefined && facts.init !== false)
        ? []
        : ["has no init process"],
  }),
  containerRule({
    name: "log-rotation",
    group: "hardening",
    title: "A container's log is rotated.",
    reason: "A full disk stops every environment on the host.",
    fix: "set logOpts max-size and max-file",
    level: "mandatory",
    check({ facts: { logDriver, logOpts } }) {
      const driver = text(logDriver) ?? "json-file";
      // Other drivers keep nothing on the host, or rotate by themselves.
      if (!["json-file"].includes(driver) || (isSet(logOpts) && typeof logOpts !== "object")) return [];
      const options = records([logOpts])[0] ?? {};
      return ["max-size", "max-file"].filter((key) => isMissing(options[key])).map((key) => `sets no ${key}`);
    },
  }),
  containerRule({
    name: "stop-grace",
    group: "hardening",
    title: `A container has at least ${WORKABLE_GRACE_SECONDS} seconds to stop.`,
    reason: "Requests under way and database pages are cut off when it is killed at once.",
    fix: "raise stopGraceSeconds",
    level: "advisory",
    check({ facts: { stopTimeout } }) {
      const seconds = numberOf(stopTimeout);
      return seconds !== undefined && seconds < WORKABLE_GRACE_SECONDS
        ? [`is killed after ${seconds} s`]
        : [];
    },
  }),
];
