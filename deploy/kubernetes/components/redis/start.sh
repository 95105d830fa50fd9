# Starts Redis with one user, who has the password of the Secret and reaches only its own keys. Without a password, or with
# an empty one, it does not start.
set -eu
password=$(cat "${PASSWORD_FILE:-/run/assay/cache/password}")
[ -n "$password" ]
digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
umask 077
acl="${ACL_FOLDER:-/tmp}/users.acl"
printf 'user default off\nuser assay on #%s ~assay:* +@all -@admin -@dangerous +info\n' "$digest" > "$acl"
exec redis-server "$@" --aclfile "$acl"
