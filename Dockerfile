# syntax=docker/dockerfile:1

# The current LTS line. Both stages use the same image, so that what is installed in one runs in the other.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Dependencies change less often than code: their layers stay in the cache.
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY plugins plugins
COPY routes routes
RUN npm run build && find dist -name '*.map' -delete

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

FROM ${NODE_IMAGE} AS service
ENV NODE_ENV=production
WORKDIR /app
# Owned by root: the process cannot change its own program. /data is the one place that it writes, and the default
# EMBEDDED_CORE_FILE (./data/core.sqlite) leads there. A variable here would contradict SUPERTOKENS_CONNECTION_URI.
RUN install -d -o node -g node -m 0700 /data && ln -s /data /app/data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "dist/src/cli.js", "health"]
# Exec form and no npm in between: signals reach node itself, which drains and closes.
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["serve"]
