{{/* What a schema can't say: which values need each other. */}}
{{- define "signalbox.check" -}}
{{- $given := compact (list .Values.database.url .Values.database.existingSecret.name (ternary "trial" "" .Values.postgres.trial.enabled)) -}}
{{- if .Values.controlPlane.enabled -}}
{{- if eq (len $given) 0 -}}
{{- fail "The control plane needs a Postgres: set database.existingSecret.name (or database.url), or postgres.trial.enabled=true to try it out." -}}
{{- end -}}
{{- if gt (len $given) 1 -}}
{{- fail "Set only one of database.url, database.existingSecret.name and postgres.trial.enabled: they name different databases." -}}
{{- end -}}
{{- if and .Values.queue.redis.url .Values.queue.redis.existingSecret.name -}}
{{- fail "Set only one of queue.redis.url and queue.redis.existingSecret.name." -}}
{{- end -}}
{{- else if and .Values.gateway.enabled (not .Values.gateway.controlPlaneUrl) -}}
{{- fail "With controlPlane.enabled=false, gateway.controlPlaneUrl must say where the control plane is." -}}
{{- else if and .Values.gateway.enabled (not .Values.bootstrap.existingSecret.name) -}}
{{- fail "With controlPlane.enabled=false, bootstrap.existingSecret.name must name a secret with the token that the control plane knows its gateways by." -}}
{{- end -}}
{{- if and .Values.gateway.autoscaling.enabled (gt (int .Values.gateway.autoscaling.minReplicas) (int .Values.gateway.autoscaling.maxReplicas)) -}}
{{- fail "gateway.autoscaling.minReplicas is more than gateway.autoscaling.maxReplicas." -}}
{{- end -}}
{{- end -}}
