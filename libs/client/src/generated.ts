// Made by npm run client:generate from openapi.json. Do not change it by hand.

export type AdaptationView = {
  readonly at: string;
  readonly cause: string | null;
  readonly effect: string;
  readonly detail: { readonly [key: string]: unknown };
};

export type AddTemplateDto = {
  readonly template: { readonly [key: string]: unknown };
  readonly tenant_id?: string;
};

export type ApprovalActView = {
  readonly actor_id: string;
  readonly decision: 'approve' | 'reject';
  readonly comment: string | null;
  readonly at: string;
};

export type ApprovalPolicyDto = {
  readonly applies: readonly ('chat' | 'api')[];
  readonly largeFrom: number;
  readonly productionEnvironments: readonly (string)[];
  readonly protected: ProtectedAssetsDto;
  readonly expiresMs: number;
  readonly approvers: number;
};

export type ApprovalPolicyView = {
  readonly updatedBy: string | null;
  readonly updatedAt: string | null;
  readonly applies: readonly ('chat' | 'api')[];
  readonly largeFrom: number;
  readonly productionEnvironments: readonly (string)[];
  readonly protected: ProtectedAssetsDto;
  readonly expiresMs: number;
  readonly approvers: number;
};

export type ApprovalView = {
  readonly kind: 'step';
  readonly id: string;
  readonly runId: string;
  readonly runName: string;
  readonly step: string;
  readonly item: number;
  readonly message: string;
  readonly approvers: readonly (string)[];
  readonly minApprovals: number;
  readonly status: 'open' | 'approved' | 'rejected' | 'closed';
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acts: readonly (ApprovalActView)[];
};

export type AttemptBarView = {
  readonly step: string;
  readonly item: number;
  readonly attempt: number;
  readonly target: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly workerId: string | null;
  readonly failure: string | null;
};

export type AttemptBarsView = {
  readonly items: readonly (AttemptBarView)[];
  readonly next: string | null;
};

export type AttemptView = {
  readonly number: number;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly workerId: string | null;
  readonly childRunId: string | null;
  readonly cached: boolean;
  readonly cachedFrom: CachedFromView | null;
  readonly failure: FailureDto | null;
  readonly retryInMs: number | null;
  readonly requeuedAt: readonly (string)[];
  readonly adaptations: readonly (AdaptationView)[];
  readonly output?: unknown;
  readonly blob: BlobLinkView | null;
  readonly truncated: boolean;
};

export type BackoffDto = {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: boolean;
};

export type BlobLinkView = {
  readonly sha256: string;
  readonly bytes: number;
  readonly url: string;
};

export type BoundsView = {
  readonly hosts: number | null;
  readonly commands: number | null;
  readonly minutes: number | null;
  readonly expectedMinutes: number | null;
  readonly tokens: number | null;
};

export type CachedFromView = {
  readonly runId: string;
  readonly step: string;
  readonly item: number;
  readonly at: string;
};

export type CatalogueToolView = {
  readonly service: string;
  readonly queue: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly idempotent: boolean;
  readonly inputSchema: { readonly [key: string]: unknown };
  readonly outputSchema: { readonly [key: string]: unknown };
  readonly credential?: CredentialNeedDto;
  readonly target?: string;
  readonly listOutput?: string;
  readonly commands: readonly (CommandInputDto)[];
  readonly timeoutMs: number;
  readonly retry?: RetryPolicyDto;
  readonly estimate?: ToolEstimateDto;
  readonly cacheMs?: number;
  readonly probe?: ProbeDto;
  readonly examples: readonly ({ readonly [key: string]: unknown })[];
};

export type CauseView = {
  readonly kind: 'root' | 'consequence';
  readonly root: string;
};

export type ChangedTarget = {
  readonly target: string;
  readonly changes: readonly (EndpointChange)[];
};

export type ChatActionView = {
  readonly step: string;
  readonly tool: string;
  readonly target: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly happened: string;
  readonly duration_ms: number | null;
  readonly source: ChatSourceView;
};

export type ChatCachedView = {
  readonly at: string;
  readonly age_ms: number;
  readonly url: string;
};

export type ChatCauseView = {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly because_of: string | null;
};

export type ChatColumnView = {
  readonly title: string;
  readonly type: string;
  readonly unit: string | null;
};

export type ChatConfirmationView = {
  readonly approval_id: string;
  readonly manifest_sha256: string;
  readonly status: 'open' | 'approved' | 'rejected' | 'withdrawn' | 'expired';
  readonly risk: string;
  readonly reasons: readonly (string)[];
  readonly tier: string;
  readonly wanted: string;
  readonly typed_text: string | null;
  readonly approve_by_message: boolean;
  readonly affected: readonly (string)[];
  readonly affected_total: number;
  readonly actions: readonly (string)[];
  readonly estimated_duration_ms: number | null;
  readonly expires_at: string;
  readonly decide_url: string;
  readonly manifest_url: string;
};

export type ChatErrorView = {
  readonly code: string;
  readonly detail: string;
};

export type ChatFullTableView = {
  readonly step: string;
  readonly tool: string | null;
  readonly subject: string;
  readonly sentence: string;
  readonly figures: { readonly [key: string]: unknown };
  readonly columns: readonly (ChatColumnView)[];
  readonly rows: readonly (ChatRowView)[];
  readonly total_rows: number;
};

export type ChatOptionView = {
  readonly label: string;
  readonly value: string;
};

export type ChatPlanView = {
  readonly name: string;
  readonly source: string | null;
  readonly risk: string;
  readonly steps: readonly (ChatStepView)[];
};

export type ChatProgressView = {
  readonly workflow_id: string;
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly steps: readonly (ChatStepProgressView)[];
};

export type ChatProseView = {
  readonly text: string;
  readonly by: 'model';
};

export type ChatRemarkView = {
  readonly what: 'adapted' | 'skipped' | 'unknown' | 'cancelled' | 'truncated';
  readonly step: string;
  readonly text: string;
};

export type ChatReplyView = {
  readonly conversation_id: string;
  readonly turn: number;
  readonly kind: 'answer' | 'question' | 'confirmation' | 'execution_result' | 'error';
  readonly message: string;
  readonly options: readonly (ChatOptionView)[];
  readonly suggestions: readonly (string)[];
  readonly notes: readonly (string)[];
  readonly plan: ChatPlanView | null;
  readonly confirmation: ChatConfirmationView | null;
  readonly result: ChatResultView | null;
  readonly error: ChatErrorView | null;
  readonly prose: ChatProseView | null;
  readonly usage: ChatUsageView | null;
};

export type ChatRequestDto = {
  readonly message: string;
  readonly tenant_id?: string;
  readonly actor_id?: string;
  readonly conversation_id?: string;
  readonly client_message_id?: string;
};

export type ChatResultView = {
  readonly workflow_id: string;
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly execution_time_ms: number;
  readonly tables: readonly (ChatTableView)[];
  readonly actions: readonly (ChatActionView)[];
  readonly total_actions: number;
  readonly root_causes: readonly (ChatCauseView)[];
  readonly consequences: readonly (ChatCauseView)[];
  readonly remarks: readonly (ChatRemarkView)[];
  readonly run_url: string;
  readonly events_url: string;
};

export type ChatRowView = {
  readonly target: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly cells: readonly (unknown)[];
  readonly source: ChatSourceView | null;
};

export type ChatSourceView = {
  readonly item: number;
  readonly attempt: number;
  readonly command: string;
  readonly url: string;
  readonly cached: ChatCachedView | null;
};

export type ChatStartedView = {
  readonly conversation_id: string;
  readonly turn: number;
};

export type ChatStepProgressView = {
  readonly id: string;
  readonly tool: string | null;
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly done: number;
  readonly total: number | null;
};

export type ChatStepView = {
  readonly id: string;
  readonly tool: string | null;
  readonly effect: string | null;
  readonly risk: string;
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled' | null;
};

export type ChatTableView = {
  readonly table: number;
  readonly csv: string;
  readonly step: string;
  readonly tool: string | null;
  readonly subject: string;
  readonly sentence: string;
  readonly figures: { readonly [key: string]: unknown };
  readonly columns: readonly (ChatColumnView)[];
  readonly rows: readonly (ChatRowView)[];
  readonly total_rows: number;
};

export type ChatTurnView = {
  readonly turn: number;
  readonly client_message_id: string | null;
  readonly message: string;
  readonly at: string;
  readonly reply: ChatReplyView | null;
};

export type ChatUsageView = {
  readonly calls: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly estimated: boolean;
  readonly cost: number;
};

export type CommandInputDto = {
  readonly pointer: string;
  readonly dialect: 'posix-shell' | 'powershell';
};

export type CompileRequestDto = {
  readonly plan: { readonly [key: string]: unknown } | readonly ({ readonly [key: string]: unknown })[];
  readonly tenant_id?: string;
};

export type CompiledPlanView = {
  readonly version: 1;
  readonly name: string;
  readonly inputs: { readonly [key: string]: unknown };
  readonly steps: readonly (CompiledStepView)[];
  readonly strategy: 'PARALLEL' | 'SERIAL' | 'DAG';
  readonly timeoutMs: number | null;
};

export type CompiledStepView = {
  readonly index: number;
  readonly id: string;
  readonly kind: string;
  readonly level: number;
  readonly dependsOn: readonly (number)[];
  readonly inputs: { readonly [key: string]: unknown };
} & { readonly [key: string]: unknown };

export type CompiledView = {
  readonly ok: boolean;
  readonly diagnostics: readonly (DiagnosticDto)[];
  readonly plan: CompiledPlanView | null;
};

export type ContainerView = {
  readonly step: string;
  readonly arm: number | null;
};

export type ConversationPageView = {
  readonly items: readonly (ConversationSummaryView)[];
  readonly next: string | null;
};

export type ConversationSummaryView = {
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly title: string;
  readonly turns: number;
  readonly created_at: string;
  readonly updated_at: string;
};

export type ConversationView = {
  readonly messages: readonly (ChatTurnView)[];
  readonly usage: ChatUsageView;
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly title: string;
  readonly turns: number;
  readonly created_at: string;
  readonly updated_at: string;
};

export type CredentialNeedDto = {
  readonly kind: string;
  readonly target: string;
};

export type DecideApprovalDto = {
  readonly decision: 'approve' | 'reject';
  readonly manifest_sha256?: string;
  readonly typed_text?: string;
  readonly comment?: string;
  readonly actor_id?: string;
};

export type DecisionListView = {
  readonly items: readonly (DecisionView)[];
  readonly usage: ChatUsageView;
};

export type DecisionView = {
  readonly step: string;
  readonly item: number;
  readonly attempt: number;
  readonly choice: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly usage: ChatUsageView;
};

export type DeliveredSignalView = {
  readonly step: string;
  readonly item: number;
};

export type DiagnosticDto = {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly pointer: string;
  readonly message: string;
  readonly fix?: readonly (PatchOperation)[];
};

export type DriftView = {
  readonly added: readonly (string)[];
  readonly changed: readonly (ChangedTarget)[];
  readonly vanished: readonly (string)[];
};

export type Endpoint = {
  readonly assetId: string;
  readonly hostname: string;
  readonly address: string;
  readonly protocol: 'ssh' | 'winrm';
  readonly port: number;
  readonly hostKeys: readonly (string)[];
  readonly hostKeyPolicy: 'strict' | 'accept-new' | 'off' | null;
  readonly tls: boolean | null;
  readonly tlsCa: string | null;
  readonly tlsFingerprint: string | null;
  readonly credentialId: string;
  readonly credentialVersion: number;
};

export type EndpointChange = {
  readonly host: string;
  readonly part: 'asset' | 'way' | 'hostname' | 'address' | 'protocol' | 'port' | 'hostKeys' | 'hostKeyPolicy' | 'tls' | 'tlsCa' | 'tlsFingerprint' | 'credential';
  readonly before: string;
  readonly after: string;
};

export type FailureDto = {
  readonly code: 'reference-missing' | 'input-invalid' | 'limit-exceeded' | 'dependency-failed' | 'tool-unavailable' | 'run-timeout' | 'target-unknown' | 'target-refused' | 'capability-missing' | 'credential-unavailable' | 'grant-refused' | 'manifest-mismatch' | 'target-changed' | 'unreachable' | 'service-unavailable' | 'rate-limited' | 'auth-failed' | 'hostkey-mismatch' | 'not-found' | 'conflict' | 'cancelled' | 'nonzero-exit' | 'killed-by-signal' | 'timed-out' | 'tool-failed' | 'output-invalid' | 'approval-rejected' | 'approval-expired' | 'signal-timeout' | 'loop-limit' | 'child-failed' | 'child-unknown' | 'connection-lost' | 'stop-unconfirmed' | 'worker-lost';
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: string;
};

export type GenerationPageView = {
  readonly items: readonly (GenerationView)[];
  readonly next: string | null;
};

export type GenerationView = {
  readonly conversation_id: string;
  readonly turn: number;
  readonly actor_id: string;
  readonly at: string;
  readonly message: string;
  readonly source: string | null;
  readonly understood: readonly (string)[];
  readonly matched: readonly ({ readonly [key: string]: unknown })[];
  readonly rejected: readonly ({ readonly [key: string]: unknown })[];
  readonly optimised: readonly (string)[];
  readonly repairs: readonly ({ readonly [key: string]: unknown })[];
  readonly dropped: readonly (string)[];
  readonly run_id: string | null;
  readonly usage: ChatUsageView | null;
  readonly kind?: string;
};

export type ItemActView = {
  readonly at: string;
  readonly act: 'resolved' | 'repeated';
  readonly attempt: number;
  readonly status: 'succeeded' | 'failed' | null;
  readonly actor: string | null;
  readonly reason: string | null;
};

export type ItemCountsView = {
  readonly pending: number;
  readonly queued: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly unknown: number;
  readonly skipped: number;
  readonly cancelled: number;
};

export type ItemLogView = {
  readonly runId: string;
  readonly step: string;
  readonly item: number;
  readonly tool: string | null;
  readonly target: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly inputs: { readonly [key: string]: unknown } | null;
  readonly attempts: readonly (AttemptView)[];
  readonly acts: readonly (ItemActView)[];
  readonly probes: readonly (ProbeView)[];
  readonly failure: FailureDto | null;
  readonly takenFrom: string | null;
};

export type ItemPageView = {
  readonly items: readonly (ItemView)[];
  readonly next: string | null;
};

export type ItemView = {
  readonly index: number;
  readonly target: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly attempt: number;
  readonly childRunId: string | null;
  readonly inputs: { readonly [key: string]: unknown } | null;
  readonly output?: unknown;
  readonly truncated: boolean;
  readonly cached: boolean;
  readonly cachedFrom: CachedFromView | null;
  readonly failure: FailureDto | null;
  readonly workerId: string | null;
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
};

export type Manifest = {
  readonly v: 2;
  readonly tenant: string;
  readonly planSha256: string;
  readonly addsTo: string | null;
  readonly steps: readonly (ManifestStep)[];
};

export type ManifestCommand = {
  readonly pointer: string;
  readonly dialect: 'posix-shell' | 'powershell';
  readonly text: string;
  readonly class: 'read' | 'write' | 'destructive' | 'uninspectable';
  readonly why: string;
};

export type ManifestItem = {
  readonly target: string | null;
  readonly assetId: string | null;
  readonly hostname: string | null;
  readonly endpoints: readonly (Endpoint)[];
  readonly inputsSha256: string | null;
  readonly inputs: { readonly [key: string]: unknown } | null;
};

export type ManifestStep = {
  readonly step: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly class: 'read' | 'write' | 'destructive' | 'uninspectable';
  readonly reasons: readonly (string)[];
  readonly known: 'exact' | 'targets' | 'nothing';
  readonly because: string | null;
  readonly conditional: boolean;
  readonly template: { readonly [key: string]: unknown };
  readonly commands: readonly (ManifestCommand)[];
  readonly items: readonly (ManifestItem)[];
};

export type ManifestView = {
  readonly manifest_sha256: string;
  readonly approval: string | null;
  readonly manifest: Manifest;
};

export type PassView = {
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly from: string;
  readonly to: string | null;
};

export type PatchOperation = {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
};

export type PatchStepDto = {
  readonly map: { readonly [key: string]: unknown };
};

export type PeriodView = {
  readonly from: string;
  readonly to: string | null;
};

export type PlanApprovalActView = {
  readonly actor_id: string;
  readonly decision: 'approve' | 'reject' | 'withdraw';
  readonly comment: string | null;
  readonly at: string;
  readonly manifest_sha256: string;
};

export type PlanApprovalView = {
  readonly kind: 'plan';
  readonly id: string;
  readonly runId: string;
  readonly runName: string;
  readonly message: string;
  readonly status: 'open' | 'approved' | 'rejected' | 'withdrawn' | 'expired';
  readonly tier: 'none' | 'one-click' | 'typed' | 'two-people';
  readonly risk: RiskView;
  readonly added: readonly (string)[];
  readonly changed: readonly (ChangedTarget)[];
  readonly manifest_sha256: string;
  readonly minApprovals: number;
  readonly requesterMayApprove: boolean;
  readonly typed_text: string | null;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acts: readonly (PlanApprovalActView)[];
};

export type PreviewStepView = {
  readonly id: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly class: 'read' | 'write' | 'destructive' | 'uninspectable';
  readonly level: number;
  readonly dependsOn: readonly (string)[];
  readonly known: 'exact' | 'targets' | 'nothing';
  readonly mostItems: number;
  readonly mostAttempts: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
};

export type PreviewView = {
  readonly name: string;
  readonly strategy: string;
  readonly warnings: readonly (DiagnosticDto)[];
  readonly risk: RiskView;
  readonly bounds: BoundsView;
  readonly steps: readonly (PreviewStepView)[];
  readonly manifest: Manifest;
  readonly manifest_sha256: string;
};

export type ProbeDto = {
  readonly tool: string;
  readonly inputs: { readonly [key: string]: unknown };
  readonly since?: string;
  readonly answer: string;
};

export type ProbeView = {
  readonly runId: string;
  readonly attempt: number;
  readonly tool: string;
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly startedAt: string;
  readonly endedAt: string | null;
};

export type ProblemDto = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly instance?: string;
  readonly errors?: readonly (DiagnosticDto)[];
  readonly run_id?: string;
};

export type ProgressDto = {
  readonly v: 1;
  readonly runId: string;
  readonly stepId: string;
  readonly item: number;
  readonly attempt: number;
  readonly percent?: number;
  readonly message?: string;
};

export type ProposedRunView = {
  readonly status: 'awaiting-approval' | 'starting' | 'rejected' | 'withdrawn' | 'expired';
  readonly origin: 'chat' | 'api';
  readonly inputs: { readonly [key: string]: unknown };
  readonly warnings: readonly (DiagnosticDto)[];
  readonly bounds: BoundsView;
  readonly expiresAt: string;
  readonly approvals: readonly (PlanApprovalView)[];
  readonly drift: DriftView;
  readonly trouble: string | null;
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly parentRunId: string | null;
};

export type ProtectedAssetsDto = {
  readonly tags: readonly (string)[];
  readonly hostnames: readonly (string)[];
  readonly environments: readonly (string)[];
};

export type RepeatItemDto = {
  readonly attempt?: number;
  readonly reason: string;
};

export type RerunDto = {
  readonly step?: string;
  readonly items?: readonly ('failed' | 'unknown' | 'not-started')[];
  readonly item_numbers?: readonly (number)[];
  readonly inputs?: { readonly [key: string]: unknown };
  readonly plan?: { readonly [key: string]: unknown } | readonly ({ readonly [key: string]: unknown })[];
};

export type ResolveItemDto = {
  readonly attempt?: number;
  readonly status: 'succeeded' | 'failed';
  readonly reason: string;
};

export type RetryPolicyDto = {
  readonly maxAttempts: number;
  readonly backoff?: BackoffDto;
};

export type RiskView = {
  readonly class: 'read' | 'write' | 'destructive' | 'uninspectable';
  readonly tier: 'none' | 'one-click' | 'typed' | 'two-people';
  readonly changedHosts: number | null;
  readonly reasons: readonly (string)[];
};

export type RunEventView = {
  readonly seq: number;
  readonly type: 'run.started' | 'run.paused' | 'run.resumed' | 'run.cancel-requested' | 'run.finished' | 'step.started' | 'step.opened' | 'step.wave-started' | 'step.policy-changed' | 'step.adapted' | 'step.finished' | 'step.skipped' | 'item.running' | 'item.succeeded' | 'item.failed' | 'item.unknown' | 'item.cancelled' | 'item.skipped' | 'item.retrying' | 'item.requeued' | 'item.repeated' | 'item.resolved';
  readonly at: string;
  readonly step: string | null;
  readonly item: number | null;
  readonly data: { readonly [key: string]: unknown };
};

export type RunPageView = {
  readonly items: readonly (RunSummary)[];
  readonly next: string | null;
};

export type RunSummary = {
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled' | 'awaiting-approval' | 'starting' | 'rejected' | 'withdrawn' | 'expired';
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly parentRunId: string | null;
};

export type RunView = {
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly stopping: 'cancelled' | 'timed-out' | null;
  readonly failure: FailureDto | null;
  readonly strategy: 'PARALLEL' | 'SERIAL' | 'DAG';
  readonly inputs: { readonly [key: string]: unknown };
  readonly steps: readonly (StepView)[];
  readonly warnings: readonly (DiagnosticDto)[];
  readonly lastEvent: number;
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly parentRunId: string | null;
};

export type SignalDto = {
  readonly payload?: { readonly [key: string]: unknown };
};

export type SignalView = {
  readonly delivered: readonly (DeliveredSignalView)[];
};

export type StartRunDto = {
  readonly actor_id?: string;
  readonly inputs?: { readonly [key: string]: unknown };
  readonly plan: { readonly [key: string]: unknown } | readonly ({ readonly [key: string]: unknown })[];
  readonly tenant_id?: string;
};

export type StartedRunView = {
  readonly id: string;
  readonly status_url: string;
  readonly events_url: string;
  readonly warnings: readonly (DiagnosticDto)[];
  readonly status?: 'awaiting-approval';
  readonly approval?: PlanApprovalView;
};

export type StepView = {
  readonly id: string;
  readonly kind: string;
  readonly tool: string | null;
  readonly effect: 'read' | 'write' | 'destructive' | null;
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly dependsOn: readonly (string)[];
  readonly level: number;
  readonly total: number | null;
  readonly counts: ItemCountsView;
  readonly missingService: string | null;
  readonly failure: FailureDto | null;
};

export type TemplateListView = {
  readonly items: readonly (TemplateView)[];
};

export type TemplateProposalListView = {
  readonly items: readonly (TemplateProposalView)[];
};

export type TemplateProposalView = {
  readonly id: string;
  readonly template: { readonly [key: string]: unknown };
  readonly runs: readonly (string)[];
  readonly differences: readonly ({ readonly [key: string]: unknown })[];
};

export type TemplateView = {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly action: string;
  readonly platform: string | null;
  readonly builtin: boolean;
  readonly enabled: boolean;
  readonly missing_tool: string | null;
  readonly slots: { readonly [key: string]: unknown };
  readonly phrases: readonly (string)[];
  readonly steps: readonly ({ readonly [key: string]: unknown })[];
  readonly added_by: string | null;
  readonly added_at: string | null;
};

export type TimelineStepView = {
  readonly id: string;
  readonly kind: string;
  readonly tool: string | null;
  readonly level: number;
  readonly container: ContainerView | null;
  readonly dependsOn: readonly (string)[];
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly passes: readonly (PassView)[];
  readonly passCount: number;
  readonly waves: readonly (WaveView)[];
  readonly retries: number;
  readonly adaptations: readonly (AdaptationView)[];
  readonly failure: FailureDto | null;
  readonly cause: CauseView | null;
  readonly takenFrom: string | null;
};

export type TimelineView = {
  readonly runId: string;
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly stopping: 'cancelled' | 'timed-out' | null;
  readonly failure: FailureDto | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly now: string;
  readonly pauses: readonly (PeriodView)[];
  readonly steps: readonly (TimelineStepView)[];
  readonly attempts: AttemptBarsView;
};

export type ToolDeclarationDto = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly idempotent: boolean;
  readonly inputSchema: { readonly [key: string]: unknown };
  readonly outputSchema: { readonly [key: string]: unknown };
  readonly credential?: CredentialNeedDto;
  readonly target?: string;
  readonly listOutput?: string;
  readonly commands: readonly (CommandInputDto)[];
  readonly timeoutMs: number;
  readonly retry?: RetryPolicyDto;
  readonly estimate?: ToolEstimateDto;
  readonly cacheMs?: number;
  readonly probe?: ProbeDto;
  readonly examples: readonly ({ readonly [key: string]: unknown })[];
};

export type ToolEstimateDto = {
  readonly durationMs: number;
};

export type ToolListView = {
  readonly items: readonly (CatalogueToolView)[];
};

export type WaveView = {
  readonly wave: number;
  readonly startedAt: string;
};

/** What each operation takes and gives. */
export interface Operations {
  'approvalPolicy.get': { readonly answer: ApprovalPolicyView };
  'approvalPolicy.set': { readonly body: ApprovalPolicyDto; readonly answer: ApprovalPolicyView };
  'approvals.open': { readonly query?: { readonly limit?: number; readonly cursor?: string }; readonly answer: {
  readonly items: readonly (ApprovalView | PlanApprovalView)[];
  /** Give it as `cursor` to get what follows; null at the end. */
  readonly next: string | null;
} };
  'chat.chat': { readonly body: ChatRequestDto; readonly answer: ChatReplyView; readonly event: {
  readonly type: 'started';
  readonly data: ChatStartedView;
} | {
  readonly type: 'understood' | 'template' | 'rejected' | 'model.tools' | 'model.plan' | 'model.diagnostics' | 'model.repair' | 'model.failed';
  readonly data: { readonly [key: string]: unknown };
} | {
  readonly type: 'confirmation' | 'result';
  readonly data: ChatReplyView;
} | {
  readonly type: 'progress';
  readonly data: ChatProgressView;
} };
  'chat.events': { readonly path: { readonly turn: string | number; readonly id: string | number }; readonly query?: { readonly actor_id?: string }; readonly answer: never; readonly event: {
  readonly type: 'started';
  readonly data: ChatStartedView;
} | {
  readonly type: 'understood' | 'template' | 'rejected' | 'model.tools' | 'model.plan' | 'model.diagnostics' | 'model.repair' | 'model.failed';
  readonly data: { readonly [key: string]: unknown };
} | {
  readonly type: 'confirmation' | 'result';
  readonly data: ChatReplyView;
} | {
  readonly type: 'progress';
  readonly data: ChatProgressView;
} };
  'chat.generations': { readonly query?: { readonly conversation_id?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: GenerationPageView };
  'chat.get': { readonly path: { readonly id: string | number }; readonly query?: { readonly actor_id?: string }; readonly answer: ConversationView };
  'chat.list': { readonly query?: { readonly actor_id?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: ConversationPageView };
  'chat.table': { readonly path: { readonly table: string | number; readonly turn: string | number; readonly id: string | number }; readonly query?: { readonly status?: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled'; readonly actor_id?: string }; readonly answer: ChatFullTableView };
  'decisions.list': { readonly path: { readonly id: string | number }; readonly answer: DecisionListView };
  'plans.compile': { readonly body: CompileRequestDto; readonly answer: CompiledView };
  'plans.preview': { readonly body: StartRunDto; readonly answer: PreviewView };
  'runBlobs.download': { readonly path: { readonly id: string | number; readonly sha256: string | number }; readonly answer: never };
  'runControl.approvals': { readonly path: { readonly id: string | number }; readonly answer: readonly (ApprovalView | PlanApprovalView)[] };
  'runControl.decide': { readonly path: { readonly id: string | number; readonly approval: string | number }; readonly body: DecideApprovalDto; readonly answer: ApprovalView | PlanApprovalView };
  'runControl.manifest': { readonly path: { readonly id: string | number }; readonly query?: { readonly approval?: string }; readonly answer: ManifestView };
  'runControl.patchStep': { readonly path: { readonly id: string | number; readonly step: string | number }; readonly body: PatchStepDto; readonly answer: RunView };
  'runControl.repeat': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly body: RepeatItemDto; readonly answer: undefined };
  'runControl.resolve': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly body: ResolveItemDto; readonly answer: undefined };
  'runControl.signal': { readonly path: { readonly id: string | number; readonly name: string | number }; readonly body: SignalDto; readonly answer: SignalView };
  'runs.cancel': { readonly path: { readonly id: string | number }; readonly answer: RunView | ProposedRunView };
  'runs.events': { readonly path: { readonly id: string | number }; readonly answer: never; readonly event: {
  readonly type: 'run.started' | 'run.paused' | 'run.resumed' | 'run.cancel-requested' | 'run.finished' | 'step.started' | 'step.opened' | 'step.wave-started' | 'step.policy-changed' | 'step.adapted' | 'step.finished' | 'step.skipped' | 'item.running' | 'item.succeeded' | 'item.failed' | 'item.unknown' | 'item.cancelled' | 'item.skipped' | 'item.retrying' | 'item.requeued' | 'item.repeated' | 'item.resolved';
  readonly data: RunEventView;
} | {
  readonly type: 'progress';
  readonly data: ProgressDto;
} };
  'runs.get': { readonly path: { readonly id: string | number }; readonly query?: { readonly view?: 'timeline'; readonly step?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: RunView | ProposedRunView | TimelineView };
  'runs.items': { readonly path: { readonly step: string | number; readonly id: string | number }; readonly query?: { readonly status?: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled'; readonly sort?: 'index' | '-index' | 'status' | '-status' | 'target' | '-target' | 'duration' | '-duration'; readonly limit?: number; readonly cursor?: string }; readonly answer: ItemPageView };
  'runs.list': { readonly query?: { readonly status?: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled' | 'awaiting-approval' | 'starting' | 'rejected' | 'withdrawn' | 'expired'; readonly name?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: RunPageView };
  'runs.pause': { readonly path: { readonly id: string | number }; readonly answer: RunView };
  'runs.rerun': { readonly path: { readonly id: string | number }; readonly headers?: { readonly 'Idempotency-Key'?: string }; readonly body: RerunDto; readonly answer: StartedRunView };
  'runs.resume': { readonly path: { readonly id: string | number }; readonly answer: RunView };
  'runs.start': { readonly headers?: { readonly 'Idempotency-Key'?: string }; readonly body: StartRunDto; readonly answer: StartedRunView };
  'templates.add': { readonly body: AddTemplateDto; readonly answer: TemplateView };
  'templates.disable': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.enable': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.get': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.list': { readonly answer: TemplateListView };
  'templates.promote': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.proposals': { readonly answer: TemplateProposalListView };
  'templates.reject': { readonly path: { readonly id: string | number }; readonly answer: undefined };
  'timeline.attempts': { readonly path: { readonly id: string | number }; readonly query?: { readonly step?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: AttemptBarsView };
  'timeline.item': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly answer: ItemLogView };
  'tools.get': { readonly path: { readonly name: string | number }; readonly answer: CatalogueToolView };
  'tools.list': { readonly answer: ToolListView };
}

/** Where each operation is. */
export const OPERATIONS = {
  'approvalPolicy.get': { method: 'GET', path: '/approval-policy' },
  'approvalPolicy.set': { method: 'PUT', path: '/approval-policy' },
  'approvals.open': { method: 'GET', path: '/approvals' },
  'chat.chat': { method: 'POST', path: '/chat' },
  'chat.events': { method: 'GET', path: '/conversations/{id}/turns/{turn}/events' },
  'chat.generations': { method: 'GET', path: '/generations' },
  'chat.get': { method: 'GET', path: '/conversations/{id}' },
  'chat.list': { method: 'GET', path: '/conversations' },
  'chat.table': { method: 'GET', path: '/conversations/{id}/turns/{turn}/tables/{table}' },
  'decisions.list': { method: 'GET', path: '/runs/{id}/decisions' },
  'plans.compile': { method: 'POST', path: '/plans/compile' },
  'plans.preview': { method: 'POST', path: '/plans/preview' },
  'runBlobs.download': { method: 'GET', path: '/runs/{id}/blobs/{sha256}' },
  'runControl.approvals': { method: 'GET', path: '/runs/{id}/approvals' },
  'runControl.decide': { method: 'POST', path: '/runs/{id}/approvals/{approval}' },
  'runControl.manifest': { method: 'GET', path: '/runs/{id}/manifest' },
  'runControl.patchStep': { method: 'PATCH', path: '/runs/{id}/steps/{step}' },
  'runControl.repeat': { method: 'POST', path: '/runs/{id}/steps/{step}/items/{item}/repeat' },
  'runControl.resolve': { method: 'POST', path: '/runs/{id}/steps/{step}/items/{item}/resolve' },
  'runControl.signal': { method: 'POST', path: '/runs/{id}/signals/{name}' },
  'runs.cancel': { method: 'POST', path: '/runs/{id}/cancel' },
  'runs.events': { method: 'GET', path: '/runs/{id}/events' },
  'runs.get': { method: 'GET', path: '/runs/{id}' },
  'runs.items': { method: 'GET', path: '/runs/{id}/steps/{step}/items' },
  'runs.list': { method: 'GET', path: '/runs' },
  'runs.pause': { method: 'POST', path: '/runs/{id}/pause' },
  'runs.rerun': { method: 'POST', path: '/runs/{id}/rerun' },
  'runs.resume': { method: 'POST', path: '/runs/{id}/resume' },
  'runs.start': { method: 'POST', path: '/runs' },
  'templates.add': { method: 'POST', path: '/templates' },
  'templates.disable': { method: 'POST', path: '/templates/{id}/disable' },
  'templates.enable': { method: 'POST', path: '/templates/{id}/enable' },
  'templates.get': { method: 'GET', path: '/templates/{id}' },
  'templates.list': { method: 'GET', path: '/templates' },
  'templates.promote': { method: 'POST', path: '/templates/proposals/{id}/promote' },
  'templates.proposals': { method: 'GET', path: '/templates/proposals' },
  'templates.reject': { method: 'POST', path: '/templates/proposals/{id}/reject' },
  'timeline.attempts': { method: 'GET', path: '/runs/{id}/attempts' },
  'timeline.item': { method: 'GET', path: '/runs/{id}/steps/{step}/items/{item}' },
  'tools.get': { method: 'GET', path: '/tools/{name}' },
  'tools.list': { method: 'GET', path: '/tools' },
} as const satisfies Record<keyof Operations, { readonly method: string; readonly path: string }>;
