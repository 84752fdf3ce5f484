{{- define "halfrate.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "halfrate.selector" -}}
app.kubernetes.io/name: halfrate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "halfrate.labels" -}}
{{ include "halfrate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "halfrate.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "halfrate.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "halfrate.name" .) -}}
{{- end -}}

{{- /* What the chart decides comes last, so nothing in config can open the admin port without tokens. */ -}}
{{- define "halfrate.config" -}}
{{- $tokens := list (dict "name" "read" "role" "read" "token" (dict "file" "/etc/halfrate/secrets/admin/read")) -}}
{{- if .Values.admin.operate -}}
{{- $tokens = append $tokens (dict "name" "operate" "role" "operate" "token" (dict "file" "/etc/halfrate/secrets/admin/operate")) -}}
{{- end -}}
{{- $config := deepCopy .Values.config -}}
{{- $admin := deepCopy (get $config "admin" | default dict) -}}
{{- $_ := set $admin "host" "0.0.0.0" -}}
{{- $_ := set $admin "port" .Values.admin.port -}}
{{- $_ := set $admin "tokens" $tokens -}}
{{- $_ := set $admin "advertised" (dict "env" "HALFRATE_ADVERTISED") -}}
{{- $_ := set $config "admin" $admin -}}
{{- $_ := set $config "state-dir" "/var/lib/halfrate" -}}
{{- if .Values.webhooks.port -}}
{{- $_ := set $config "webhooks" (dict "host" "0.0.0.0" "port" .Values.webhooks.port) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "halfrate.application" -}}
{{- get .Values.config "application" | default "halfrate" -}}
{{- end -}}

{{- define "halfrate.requestsTopics" -}}
{{- $topics := get (get .Values.config "topics" | default dict) "requests" | default "llm.requests" -}}
{{- if kindIs "string" $topics -}}{{ $topics }}{{- else -}}{{ join "," $topics }}{{- end -}}
{{- end -}}
