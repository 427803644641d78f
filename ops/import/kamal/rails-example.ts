// For tests: the files of an application as teams run it with Kamal. The hosts are this machine, and passwords are nobody's.

/** Files by their path. */
export const RAILS: Readonly<Record<string, string>> = {
  Dockerfile: "FROM tandem-example:0.1.0\n",
  "config/deploy.yml": `# The shop
service: shop
image: acme/shop

x-limits: &limits
  cpus: 1
  memory: 512m

servers:
  web:
    hosts: [localhost]
    options: { <<: *limits }
  worker:
    hosts: [localhost]
    cmd: bundle exec sidekiq
    options: { <<: *limits }
    env:
      clear: { RAILS_MAX_THREADS: 10 }
  cron:
    hosts: [localhost]
    cmd: supercronic /rails/config/crontab

proxy:
  app_port: 8080
  ssl: true
  healthcheck: { path: /up, timeout: 3 }

registry:
  server: registry.example.com
  username: <%= ENV["REGISTRY_USER"] %>
  password: [KAMAL_REGISTRY_PASSWORD]

builder: { arch: amd64 }

env:
  clear:
    RAILS_LOG_TO_STDOUT: true
    DB_HOST: shop-db
    DB_NAME: shop
    DB_USER: shop
    PORT: 8080
  secret: [RAILS_MASTER_KEY, SESSION_SECRET, REDIS_URL, DB_PASSWORD:POSTGRES_PASSWORD]

volumes: ["storage:/rails/storage"]
asset_path: /rails/public/assets
aliases: { console: app exec --interactive --reuse "bin/rails console" }

accessories:
  db:
    image: postgres:17.2
    host: localhost
    port: "127.0.0.1:5432:5432"
    env:
      clear: { POSTGRES_USER: shop, POSTGRES_DB: shop }
      secret: [POSTGRES_PASSWORD]
    directories: ["data:/var/lib/postgresql/data"]
  redis:
    image: redis:7.2.11-bookworm
    host: localhost
    directories: ["data:/data"]
`,
  "config/deploy.staging.yml": `proxy: { host: staging-rails.localhost }
env: { clear: { LOG_LEVEL: debug } }
`,
  "config/deploy.production.yml": `proxy: { host: rails.localhost }
env: { clear: { LOG_LEVEL: info } }
`,
  ".kamal/secrets-common": "REDIS_URL=redis://shop-redis:6379/0\n",
  ".kamal/secrets.staging":
    "POSTGRES_PASSWORD=hunter2-staging\nSESSION_SECRET=hunter2-session-staging\nRAILS_MASTER_KEY=$(cat config/master.key)\n",
  ".kamal/secrets.production":
    "POSTGRES_PASSWORD=hunter2-production\nSESSION_SECRET=hunter2-session-production\nRAILS_MASTER_KEY=$(cat config/master.key)\n",
};
