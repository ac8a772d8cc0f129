-- Who people are to this app. Passwords, phones and sessions are none of its business: they are in the Core.
create table users (
  id bigint generated always as identity primary key,
  -- The user id of fastify-2fa. Text: not every Core's ids are UUIDs.
  auth_user_id text not null unique,
  display_name text check (length(display_name) between 1 and 80),
  created_at timestamptz not null default now()
);

create table orders (
  id bigint generated always as identity primary key,
  user_id bigint not null references users on delete cascade,
  item text not null check (length(item) between 1 and 200),
  refunded_at timestamptz,
  created_at timestamptz not null default now()
);

create index orders_of_user on orders (user_id);
