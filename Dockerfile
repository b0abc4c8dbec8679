# The binary holds the program, its libraries, its pages and the database migrations.
FROM oven/bun:1.4.5 AS build
WORKDIR /build
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.json ./
COPY drizzle ./drizzle
COPY src ./src
RUN bun run build

# The binary needs glibc and nothing else.
FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="speech-billing" \
      org.opencontainers.image.description="The billing backend of a speech-assistant app: one binary, one SQLite file, Stripe behind it." \
      org.opencontainers.image.licenses="MIT"

# A volume takes over the owner of the folder it is first mounted on, so the folder is made before.
RUN groupadd --gid 10001 billing \
 && useradd --uid 10001 --gid billing --home-dir /data --no-create-home --shell /usr/sbin/nologin billing \
 && install --directory --owner=billing --group=billing --mode=0700 /data
COPY --from=build /build/dist/speech-billing /usr/local/bin/speech-billing

ENV APP_ENV=production \
    DATABASE_URL=file:/data/billing.db
USER billing
WORKDIR /data
VOLUME /data
EXPOSE 8000

# The program asks itself: the image needs no curl. Degraded (Stripe cannot be reached) is healthy, since calls go on.
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
  CMD ["speech-billing", "health"]

# Started directly, so that SIGTERM reaches it and open requests are finished.
STOPSIGNAL SIGTERM
ENTRYPOINT ["speech-billing"]
CMD ["serve"]
