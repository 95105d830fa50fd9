# Stand-ins for the images that the stack takes from a registry, for machines that reach none: the same programs on a
# Debian made by debootstrap. `images.ts` lays out the build context; each target is one image.
FROM localhost/assay-base:bookworm AS debian
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server wget \
 && rm -rf /var/lib/apt/lists/*

FROM debian AS node
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN chmod +x /usr/local/lib/node_modules/npm/bin/*.js \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

FROM debian AS nats
COPY nats-server /usr/local/bin/nats-server
ENTRYPOINT ["nats-server"]

FROM debian AS redis

FROM debian AS prometheus
RUN apt-get update \
 && apt-get install -y --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /prometheus
ENTRYPOINT ["prometheus"]

FROM debian AS foundry
COPY anvil cast /usr/local/bin/
