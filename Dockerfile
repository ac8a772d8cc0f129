# syntax=docker/dockerfile:1

# The current LTS line. All stages use the same image, so that files built in one run in another. A tag can be moved: pin
# a digest with --build-arg NODE_IMAGE=node:24.18.0-bookworm-slim@sha256:… (docs/container.md tells how to find it).
ARG NODE_IMAGE=node:24.18.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Copied before the code: dependencies change less often, so their layers stay cached.
COPY package.json package-lock.json .npmrc ./
COPY service service
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY plugins plugins
COPY routes routes
# The playground is for development.
RUN npm run build && find dist -name '*.map' -delete && rm -r dist/src/playground

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Names what the service needs beside the library.
COPY service service
COPY scripts/slim-production.js scripts/slim-production.js
# A third of the size: without what only compilers and people read, and without an SQLite driver that Node 24 has itself.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev && node scripts/slim-production.js

FROM ${NODE_IMAGE} AS service
ENV NODE_ENV=production
WORKDIR /app
# Root owns the program, so the process cannot change it. The process writes only to /data, where the default
# EMBEDDED_CORE_FILE (./data/core.sqlite) leads. Do not set that variable here: it would contradict
# SUPERTOKENS_CONNECTION_URI.
RUN install -d -o node -g node -m 0700 /data && ln -s /data /app/data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/service service
COPY --from=build /app/dist dist
COPY --from=build /app/src/hosted-pages/assets src/hosted-pages/assets
COPY package.json LICENSE ./
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "dist/src/cli.js", "health"]
# Exec form without npm in between: signals reach node itself, which drains and closes.
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["serve"]
