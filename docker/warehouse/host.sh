#!/bin/bash
# What a warehouse machine does; /etc/lode.env says which machine it is. Each part may be run again to the same effect.
#   prepare   its disk and its address, once at first start
#   refresh   certificate and authorities from their secret, hourly and before each start
#   serve     the server, by systemd
#   found     database, roles and users that are not there yet
#   backup    everything to S3, nightly by a schedule
#   measure   how full the disk is, every five minutes; takes what the disk has grown by
#   ask       run a statement as the machine's own administrator
set -euo pipefail
source /etc/lode.env
export AWS_DEFAULT_REGION="$LODE_REGION"
RUN=/run/lode DISK=/var/lib/lode DOCKER="docker exec -i lode-warehouse"

own_id() {
  local token
  token=$(curl -sSf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)
  curl -sSf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id
}

attach() {  # what the machine before this one had is free once that one is gone
  local id=$1; shift
  for _ in $(seq 90); do "$@" >/dev/null 2>&1 && return 0; sleep 10; done
  echo "$id is still in use elsewhere" >&2; return 1
}

prepare() {
  local id device
  id=$(own_id)
  [[ -e /opt/lode/address ]] || attach "$LODE_ADDRESS" aws ec2 attach-network-interface \
    --network-interface-id "$LODE_ADDRESS" --instance-id "$id" --device-index 1
  touch /opt/lode/address
  device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${LODE_VOLUME/-/}
  [[ -e $device ]] ||
    attach "$LODE_VOLUME" aws ec2 attach-volume --volume-id "$LODE_VOLUME" --instance-id "$id" --device /dev/sdf
  for _ in $(seq 60); do [[ -e $device ]] && break; sleep 2; done
  # Only a disk that is blank is formatted: blkid answers 2 where it finds nothing at all.
  local kind=0; blkid -p "$device" >/dev/null || kind=$?
  [[ $kind -eq 2 ]] && mkfs.xfs "$device"
  mkdir -p "$DISK"
  grep -q "$DISK" /etc/fstab || echo "$device $DISK xfs defaults,noatime,nodev,nosuid 0 2" >>/etc/fstab
  mountpoint -q "$DISK" || mount "$DISK"
  install -d -o 101 -g 101 -m 700 "$DISK/clickhouse"
}

put() {  # a file that is read by the server only, replaced whole and only when it changes
  local file=$1 new; new=$(mktemp "$RUN/.XXXXXX"); cat >"$new"; chown 101:101 "$new"; chmod 400 "$new"
  if cmp -s "$new" "$file"; then rm "$new"; else mv "$new" "$file"; fi
}

secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }

refresh() {
  local known text part
  install -d -o 101 -g 101 -m 700 "$RUN"
  known=$(secret "$LODE_SERVER_SECRET")
  for part in certificate key ca; do
    text=$(jq -er ".$part // empty" <<<"$known")  # a secret that is not whole changes nothing
    put "$RUN/$part.pem" <<<"$text"
  done
}

local_user() {  # the machine's own administrator: a new password at each start, known to root only
  local password; password=$(head -c 32 /dev/urandom | base64 | tr -dc A-Za-z0-9)
  put "$RUN/local.password" <<<"$password"
  put "$RUN/local.xml" <<XML
<clickhouse><users><local>
  <password_sha256_hex>$(printf %s "$password" | sha256sum | cut -d' ' -f1)</password_sha256_hex>
  <networks><ip>127.0.0.1</ip><ip>::1</ip></networks><profile>default</profile><quota>default</quota>
  <access_management>1</access_management>
</local></users></clickhouse>
XML
}

serve() {
  refresh
  local_user
  put "$RUN/cluster.xml" </etc/lode-cluster.xml
  aws ecr get-login-password | docker login --username AWS --password-stdin "${LODE_IMAGE%%/*}"
  docker rm -f lode-warehouse >/dev/null 2>&1 || true
  exec docker run --rm --name lode-warehouse --network host --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --ulimit nofile=262144:262144 \
    -e LODE_NAME="$LODE_NAME" -e LODE_BACKUPS_URL="$LODE_BACKUPS_URL" \
    -e LODE_BACKUPS_HOST="$(cut -d/ -f3 <<<"$LODE_BACKUPS_URL")" \
    -v "$DISK/clickhouse:/var/lib/clickhouse" -v "$RUN:$RUN:ro" \
    -v "$RUN/local.xml:/etc/clickhouse-server/users.d/local.xml:ro" \
    -v "$RUN/cluster.xml:/etc/clickhouse-server/config.d/cluster.xml:ro" \
    --log-driver awslogs --log-opt awslogs-region="$LODE_REGION" --log-opt awslogs-group="$LODE_LOGS" \
    --log-opt awslogs-stream="$LODE_NAME/clickhouse" "$LODE_IMAGE"
}

ask() {  # statements from the standard input, as the machine's own administrator
  CLICKHOUSE_PASSWORD=$(cat "$RUN/local.password") docker exec -i -e CLICKHOUSE_PASSWORD lode-warehouse \
    clickhouse client --host localhost --port 9440 --secure --user local --multiquery "$@"
}

found() {
  [[ $LODE_ROLE == server ]] || return 0
  for _ in $(seq 60); do ask <<<"SELECT 1" >/dev/null 2>&1 && break; sleep 5; done
  ask <<<"CREATE DATABASE IF NOT EXISTS lode $LODE_DATABASE_ENGINE"
  $DOCKER cat /etc/lode/roles.sql | ask
  for login in $LODE_LOGINS; do
    local known user role hash
    known=$(secret "$login")
    user=$(jq -er .username <<<"$known"); role=${user%_clone}_role
    [[ $user =~ ^[a-z_]+$ ]] || { echo "a user's name has other signs than letters" >&2; return 1; }
    hash=$(jq -erj .password <<<"$known" | sha256sum | cut -d' ' -f1)
    ask <<<"CREATE USER IF NOT EXISTS $user IDENTIFIED WITH sha256_hash BY '$hash'"
    if [[ $role == lode_admin_role ]]; then ask <<<"GRANT $role TO $user WITH ADMIN OPTION"
    else ask <<<"GRANT $role TO $user"; fi
  done
}

tell() { aws cloudwatch put-metric-data --namespace Lode --metric-name "$1" --value "$2" --unit "$3" \
  --dimensions Server="$LODE_NAME"; }

backup() {
  [[ $LODE_ROLE == server ]] || return 0
  ask --param_to="$LODE_BACKUPS_URL$LODE_NAME/$(date -u +%Y-%m-%dT%H%M%SZ)" <<<"BACKUP DATABASE lode TO S3({to:String})"
  tell WarehouseBackups 1 Count
}

measure() {
  xfs_growfs "$DISK" >/dev/null  # `volume` was raised: the disk is larger, the file system is not yet
  tell WarehouseDiskUsed "$(df --output=pcent "$DISK" | tail -1 | tr -dc 0-9)" Percent
}

case $1 in
  ask) ask <<<"$2" ;;
  prepare | refresh | serve | found | backup | measure) "$1" ;;
  *) echo "$1: there are prepare, refresh, serve, found, backup, measure, and ask STATEMENT" >&2; exit 2 ;;
esac
