// compose.yaml and docker/kubernetes: parsed strictly, and held to what docs/container.md promises of every container that runs Steg.

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAllDocuments, parse } from "yaml";
import { SETTINGS } from "../src/core/settings.ts";
import { describeNeeding } from "./peers/required.ts";
import { runHere } from "./run-here.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const kubernetes = join(root, "docker", "kubernetes");
const overlay = join(kubernetes, "overlays", "hundesteuer");

type Tree = any;

function documents(text: string): readonly Tree[] {
  return parseAllDocuments(text, { uniqueKeys: true, strict: true }).map((one) => {
    expect(one.errors).toEqual([]);
    return one.toJS();
  });
}

const manifests: readonly Tree[] = readdirSync(kubernetes, { recursive: true, encoding: "utf8" })
  .filter((name) => /^(?:base|workers)\/.*\.yaml$/.test(name) && !name.endsWith("kustomization.yaml"))
  .flatMap((name) => documents(readFileSync(join(kubernetes, name), "utf8")));

const named = (kind: string, name: string): Tree =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name);
const pods = manifests.filter(({ kind }) => kind === "StatefulSet" || kind === "Deployment");
const settings = new Set(Object.values(SETTINGS).flatMap((one) => ("env" in one ? [one.env as string] : [])));

describe("Kubernetes", () => {
  it("runs every container without rights, read-only, within limits", () => {
    expect(new Set(pods.map(({ metadata }) => metadata.name))).toEqual(new Set(["redis", "steg", "worker"]));
    for (const { spec } of pods) {
      const pod = spec.template.spec;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(pod.automountServiceAccountToken).toBe(false);
      for (const one of pod.containers) {
        expect(one.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(one.resources.limits.memory).toMatch(/^\d+Mi$/);
        expect(one.resources.requests.memory).toMatch(/^\d+Mi$/);
      }
    }
  });

  it("finds its pods by labels that they have, and mounts volumes that there are", () => {
    for (const { spec } of pods) {
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const volumes = [...(spec.template.spec.volumes ?? []), ...(spec.volumeClaimTemplates ?? [])].map(
        (one) => one.name ?? one.metadata.name,
      );
      const mounted = spec.template.spec.containers.flatMap((one: Tree) => one.volumeMounts.map((at: Tree) => at.name));
      expect(new Set(mounted)).toEqual(new Set(volumes));
    }
    const components = new Set(pods.map(({ spec }) => spec.selector.matchLabels["app.kubernetes.io/component"]));
    for (const { kind, spec } of manifests.filter(({ kind }) => kind === "Service" || kind === "PodDisruptionBudget")) {
      const selector = kind === "Service" ? spec.selector : spec.selector.matchLabels;
      expect(components).toContain(selector["app.kubernetes.io/component"]);
    }
  });

  it("gives one state to one process, and time to end", () => {
    const { spec } = named("StatefulSet", "steg");
    expect(spec.replicas).toBe(1);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(30);
    const [container] = spec.template.spec.containers;
    expect(container.livenessProbe.httpGet.path).toBe("/health/live");
    expect(container.readinessProbe.httpGet.path).toBe("/health/ready");
    expect(container.ports).toEqual([{ name: "http", containerPort: 8080 }]);
  });

  it("closes the network but for what is named", () => {
    expect(named("NetworkPolicy", "nothing").spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    for (const { spec } of manifests.filter(({ kind }) => kind === "NetworkPolicy"))
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        expect(rule.from ?? rule.to).not.toEqual([]);
        expect(rule.ports.length).toBeGreaterThan(0);
      }
  });

  it("scales workers by a metric that the appliance gives", () => {
    const { spec } = named("HorizontalPodAutoscaler", "worker");
    expect(spec.scaleTargetRef.name).toBe(named("Deployment", "worker").metadata.name);
    const [{ object }] = spec.metrics;
    expect(named("Service", object.describedObject.name)).toBeDefined();
    const source = readFileSync(join(root, "src", "core", "distributed", "queue-families.ts"), "utf8");
    expect(source).toContain(`"${object.metric.name}"`);
  });

  it("has an example whose bridge passes the check", async () => {
    const env = { ALT_KENNWORT: "x", ZIEL_URL: "https://ziel.example/", ZIEL_TOKEN: "x" };
    const { code, stderr, stdout } = await runHere(["check", join(overlay, "bridge", "bridge.yaml")], {
      cwd: root,
      env,
    });
    expect(code, stdout + stderr).toBe(0);
  });

  const lacks = spawnSync("kubectl", ["version", "--client"]).status === 0 ? undefined : "there is no kubectl";
  describeNeeding("kubectl", lacks, "put together by kubectl kustomize", () => {
    it("is one namespace with the bridge in the appliance and Redis for both", () => {
      const all = documents(execFileSync("kubectl", ["kustomize", overlay], { encoding: "utf8" }));
      for (const one of all)
        expect(one.kind === "Namespace" ? one.metadata.name : one.metadata.namespace).toBe("steg-hundesteuer");
      const appliance = all.find(({ kind }) => kind === "StatefulSet").spec.template.spec;
      const map = all.find(({ kind }) => kind === "ConfigMap");
      expect(appliance.volumes.find(({ name }: Tree) => name === "bridge").configMap.name).toBe(map.metadata.name);
      expect(map.data["bridge.yaml"]).toContain("bridge: hundesteuer");
      const worker = all.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "worker");
      for (const { containers } of [appliance, worker.spec.template.spec]) {
        expect(containers[0].image).toBe("registry.example/steg:0.1.0");
        const names = containers[0].env.map(({ name }: Tree) => name);
        expect(names).toEqual(expect.arrayContaining(["STEG_KEY_FILE", "STEG_REDIS", "ZIEL_TOKEN"]));
      }
    });
  });
});

describe("compose.yaml", () => {
  const { services, volumes } = parse(readFileSync(join(root, "compose.yaml"), "utf8"), { merge: true });

  it("runs everything read-only and without rights; workers and Redis only where they are asked for", () => {
    for (const one of Object.values<Tree>(services))
      expect(one).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(Object.keys(services).filter((name) => services[name].profiles === undefined)).toEqual(["steg"]);
    expect(services.worker.profiles).toEqual(services.redis.profiles);
    expect(Object.keys(volumes)).toEqual(["data", "state"]);
  });

  it("lets Redis refuse rather than forget, and keep nothing", () => {
    const redis = named("Deployment", "redis").spec.template.spec.containers[0].command;
    for (const command of [services.redis.command, redis]) {
      expect(command.join(" ")).toContain("--maxmemory-policy noeviction");
      expect(command.join(" ")).toContain("--aclfile");
    }
  });
});

describe("settings", () => {
  it("that the image, compose.yaml and the manifests name are there", () => {
    const texts = ["docker/Dockerfile", "docker/health.js", "docker/kubernetes/base/appliance.yaml"]
      .concat("docker/kubernetes/workers/worker.yaml", "docker/kubernetes/workers/kustomization.yaml")
      .map((name) => readFileSync(join(root, name), "utf8"));
    const used = new Set(texts.join("\n").match(/\bSTEG_[A-Z_]+\b/g));
    expect(used.size).toBeGreaterThan(4);
    for (const name of used) expect(settings).toContain(name);
  });
});
