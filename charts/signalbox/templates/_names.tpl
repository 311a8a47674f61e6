{{- define "signalbox.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "signalbox.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "signalbox.labels" -}}
{{ include "signalbox.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "signalbox.serviceAccountName" -}}
{{- $own := printf "%s-%s" (include "signalbox.fullname" .root) .component -}}
{{- if .account.create }}{{ default $own .account.name }}{{ else }}{{ default "default" .account.name }}{{ end -}}
{{- end -}}

{{- define "signalbox.image" -}}
{{- $registry := .root.Values.image.registry | trimSuffix "/" -}}
{{- if $registry }}{{ $registry }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end -}}
{{- end -}}

{{- define "signalbox.databaseSecretName" -}}
{{- default (printf "%s-database" (include "signalbox.fullname" .)) .Values.database.existingSecret.name -}}
{{- end -}}

{{- define "signalbox.databaseSecretKey" -}}
{{- if .Values.database.existingSecret.name }}{{ .Values.database.existingSecret.key }}{{ else }}url{{ end -}}
{{- end -}}

{{- define "signalbox.queueSecretName" -}}
{{- default (printf "%s-queue" (include "signalbox.fullname" .)) .Values.queue.redis.existingSecret.name -}}
{{- end -}}

{{- define "signalbox.queueSecretKey" -}}
{{- if .Values.queue.redis.existingSecret.name }}{{ .Values.queue.redis.existingSecret.key }}{{ else }}url{{ end -}}
{{- end -}}

{{- define "signalbox.bootstrapSecretName" -}}
{{- default (printf "%s-bootstrap" (include "signalbox.fullname" .)) .Values.bootstrap.existingSecret.name -}}
{{- end -}}

{{/* Where engines may run, as a JSON object with one list: templates can only return text. */}}
{{- define "signalbox.engineNamespaces" -}}
{{- dict "list" (uniq (default (list .Release.Namespace) .Values.engines.namespaces)) | toJson -}}
{{- end -}}

{{- define "signalbox.controlPlaneUrl" -}}
{{- default (printf "http://%s-control-plane:%v" (include "signalbox.fullname" .) .Values.controlPlane.service.port) .Values.gateway.controlPlaneUrl -}}
{{- end -}}

{{- define "signalbox.instance" -}}
{{- default (include "signalbox.fullname" . | trunc 32 | trimSuffix "-") .Values.engines.instance -}}
{{- end -}}
