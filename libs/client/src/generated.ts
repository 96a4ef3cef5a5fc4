// Made by npm run client:generate from openapi.json. Do not change it by hand.

export type AdaptationView = {
  readonly at: string;
  readonly cause?: string | null;
  readonly effect: string;
  readonly detail: { readonly [key: string]: unknown };
};

export type AddTemplateDto = {
  readonly template: { readonly [key: string]: unknown };
  readonly tenant_id?: string;
};

export type ApprovalPolicyDto = {
  readonly applies: readonly ('chat' | 'api')[];
  readonly largeFrom: number;
  readonly productionEnvironments: readonly (string)[];
  readonly protected: ProtectedAssetsDto;
  readonly expiresMs: number;
  readonly approvers: number;
};

export type AttemptBarView = {
  readonly step: string;
  readonly item: number;
  readonly attempt: number;
  readonly target?: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly queuedAt?: string | null;
  readonly startedAt?: string | null;
  readonly endedAt?: string | null;
  readonly workerId?: string | null;
  readonly failure?: string | null;
};

export type AttemptBarsView = {
  readonly items: readonly (AttemptBarView)[];
  readonly next?: string | null;
};

export type AttemptView = {
  readonly number: number;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly queuedAt?: string | null;
  readonly startedAt?: string | null;
  readonly endedAt?: string | null;
  readonly durationMs?: number | null;
  readonly workerId?: string | null;
  readonly cached: boolean;
  readonly failure?: FailureDto | null;
  readonly retryInMs?: number | null;
  readonly requeuedAt: readonly (string)[];
  readonly adaptations: readonly (AdaptationView)[];
  readonly output?: unknown;
  readonly blob?: BlobLinkView | null;
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

export type CauseView = {
  readonly kind: 'root' | 'consequence';
  readonly root: string;
};

export type ChatActionView = {
  readonly step: string;
  readonly tool: string;
  readonly target?: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly happened: string;
  readonly duration_ms?: number | null;
  readonly source: ChatSourceView;
};

export type ChatCauseView = {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly because_of?: string | null;
};

export type ChatColumnView = {
  readonly title: string;
  readonly type: string;
  readonly unit?: string | null;
};

export type ChatConfirmationView = {
  readonly approval_id: string;
  readonly manifest_sha256: string;
  readonly status: 'open' | 'approved' | 'rejected' | 'expired';
  readonly risk: string;
  readonly reasons: readonly (string)[];
  readonly tier: string;
  readonly wanted: string;
  readonly typed_text?: string | null;
  readonly approve_by_message: boolean;
  readonly affected: readonly (string)[];
  readonly affected_total: number;
  readonly actions: readonly (string)[];
  readonly estimated_duration_ms?: number | null;
  readonly expires_at: string;
  readonly decide_url: string;
  readonly manifest_url: string;
};

export type ChatErrorView = {
  readonly code: string;
  readonly detail: string;
};

export type ChatOptionView = {
  readonly label: string;
  readonly value: string;
};

export type ChatPlanView = {
  readonly name: string;
  readonly source?: string | null;
  readonly risk: string;
  readonly steps: readonly (ChatStepView)[];
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
  readonly plan?: ChatPlanView | null;
  readonly confirmation?: ChatConfirmationView | null;
  readonly result?: ChatResultView | null;
  readonly error?: ChatErrorView | null;
  readonly prose?: ChatProseView | null;
  readonly usage?: ChatUsageView | null;
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
  readonly target?: string | null;
  readonly status: string;
  readonly reason?: string | null;
  readonly cells: readonly (unknown)[];
  readonly source?: ChatSourceView | null;
};

export type ChatSourceView = {
  readonly item: number;
  readonly attempt: number;
  readonly command: string;
  readonly url: string;
};

export type ChatStepView = {
  readonly id: string;
  readonly tool?: string | null;
  readonly effect?: string | null;
  readonly risk: string;
  readonly status?: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled' | null;
};

export type ChatTableView = {
  readonly table: number;
  readonly step: string;
  readonly tool?: string | null;
  readonly subject: string;
  readonly sentence: string;
  readonly figures: { readonly [key: string]: unknown };
  readonly columns: readonly (ChatColumnView)[];
  readonly rows: readonly (ChatRowView)[];
  readonly total_rows: number;
  readonly csv: string;
};

export type ChatTurnView = {
  readonly turn: number;
  readonly client_message_id?: string | null;
  readonly message: string;
  readonly at: string;
  readonly reply?: ChatReplyView | null;
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
  readonly plan: { readonly [key: string]: unknown };
  readonly tenant_id?: string;
};

export type ContainerView = {
  readonly step: string;
  readonly arm?: number | null;
};

export type ConversationPageView = {
  readonly items: readonly (ConversationSummaryView)[];
  readonly next?: string | null;
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
  readonly confirmation?: string;
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

export type DiagnosticDto = {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly pointer: string;
  readonly message: string;
  readonly fix?: readonly ({ readonly [key: string]: unknown })[];
};

export type FailureDto = {
  readonly code: 'reference-missing' | 'input-invalid' | 'limit-exceeded' | 'dependency-failed' | 'tool-unavailable' | 'run-timeout' | 'target-unknown' | 'target-refused' | 'capability-missing' | 'credential-unavailable' | 'grant-refused' | 'manifest-mismatch' | 'unreachable' | 'service-unavailable' | 'rate-limited' | 'auth-failed' | 'hostkey-mismatch' | 'cancelled' | 'not-found' | 'conflict' | 'nonzero-exit' | 'killed-by-signal' | 'timed-out' | 'tool-failed' | 'output-invalid' | 'approval-rejected' | 'approval-expired' | 'signal-timeout' | 'loop-limit' | 'child-failed' | 'connection-lost' | 'stop-unconfirmed' | 'worker-lost';
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: string;
};

export type GenerationPageView = {
  readonly items: readonly (GenerationView)[];
  readonly next?: string | null;
};

export type GenerationView = {
  readonly conversation_id: string;
  readonly turn: number;
  readonly actor_id: string;
  readonly at: string;
  readonly message: string;
  readonly source?: string | null;
  readonly understood: readonly (string)[];
  readonly matched: readonly ({ readonly [key: string]: unknown })[];
  readonly rejected: readonly ({ readonly [key: string]: unknown })[];
  readonly optimised: readonly (string)[];
  readonly repairs: readonly ({ readonly [key: string]: unknown })[];
  readonly dropped: readonly (string)[];
  readonly run_id?: string | null;
  readonly usage?: ChatUsageView | null;
  readonly kind?: string;
};

export type ItemActView = {
  readonly at: string;
  readonly act: 'resolved' | 'repeated';
  readonly attempt: number;
  readonly status?: 'succeeded' | 'failed' | null;
  readonly actor?: string | null;
  readonly reason?: string | null;
};

export type ItemLogView = {
  readonly runId: string;
  readonly step: string;
  readonly item: number;
  readonly tool?: string | null;
  readonly target?: string | null;
  readonly status: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled';
  readonly inputs?: { readonly [key: string]: unknown } | null;
  readonly attempts: readonly (AttemptView)[];
  readonly acts: readonly (ItemActView)[];
  readonly failure?: FailureDto | null;
  readonly takenFrom?: string | null;
};

export type PassView = {
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly from: string;
  readonly to?: string | null;
};

export type PatchStepDto = {
  readonly map: { readonly [key: string]: unknown };
};

export type PeriodView = {
  readonly from: string;
  readonly to?: string | null;
};

export type ProblemDto = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly instance?: string;
  readonly errors?: readonly (DiagnosticDto)[];
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
  readonly items: readonly ('failed' | 'unknown' | 'not-started')[];
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

export type SignalDto = {
  readonly payload?: { readonly [key: string]: unknown };
};

export type StartRunDto = {
  readonly actor_id?: string;
  readonly inputs?: { readonly [key: string]: unknown };
  readonly plan: { readonly [key: string]: unknown };
  readonly tenant_id?: string;
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
  readonly platform?: string | null;
  readonly builtin: boolean;
  readonly enabled: boolean;
  readonly missing_tool?: string | null;
  readonly slots: { readonly [key: string]: unknown };
  readonly phrases: readonly (string)[];
  readonly steps: readonly ({ readonly [key: string]: unknown })[];
  readonly added_by?: string | null;
  readonly added_at?: string | null;
};

export type TimelineStepView = {
  readonly id: string;
  readonly kind: string;
  readonly tool?: string | null;
  readonly level: number;
  readonly container?: ContainerView | null;
  readonly dependsOn: readonly (string)[];
  readonly status: 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly startedAt?: string | null;
  readonly endedAt?: string | null;
  readonly passes: readonly (PassView)[];
  readonly passCount: number;
  readonly waves: readonly (WaveView)[];
  readonly retries: number;
  readonly adaptations: readonly (AdaptationView)[];
  readonly failure?: FailureDto | null;
  readonly cause?: CauseView | null;
  readonly takenFrom?: string | null;
};

export type TimelineView = {
  readonly runId: string;
  readonly status: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly createdAt: string;
  readonly finishedAt?: string | null;
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
  readonly examples: readonly ({ readonly [key: string]: unknown })[];
};

export type ToolEstimateDto = {
  readonly durationMs: number;
};

export type WaveView = {
  readonly wave: number;
  readonly startedAt: string;
};

/** What each operation takes and gives. */
export interface Operations {
  'approvalPolicy.get': { readonly answer: unknown };
  'approvalPolicy.set': { readonly body: ApprovalPolicyDto; readonly answer: unknown };
  'approvals.open': { readonly answer: unknown };
  'chat.chat': { readonly body: ChatRequestDto; readonly answer: ChatReplyView };
  'chat.events': { readonly path: { readonly turn: string | number; readonly id: string | number }; readonly query?: { readonly actor_id?: string }; readonly answer: unknown };
  'chat.generations': { readonly query?: { readonly conversation_id?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: GenerationPageView };
  'chat.get': { readonly path: { readonly id: string | number }; readonly query?: { readonly actor_id?: string }; readonly answer: ConversationView };
  'chat.list': { readonly query?: { readonly actor_id?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: ConversationPageView };
  'chat.table': { readonly path: { readonly table: string | number; readonly turn: string | number; readonly id: string | number }; readonly query?: { readonly status?: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled'; readonly actor_id?: string }; readonly answer: unknown };
  'decisions.list': { readonly path: { readonly id: string | number }; readonly answer: DecisionListView };
  'plans.compile': { readonly body: CompileRequestDto; readonly answer: unknown };
  'plans.preview': { readonly body: StartRunDto; readonly answer: unknown };
  'runBlobs.download': { readonly path: { readonly id: string | number; readonly sha256: string | number }; readonly answer: unknown };
  'runControl.approvals': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runControl.decide': { readonly path: { readonly id: string | number; readonly approval: string | number }; readonly body: DecideApprovalDto; readonly answer: unknown };
  'runControl.manifest': { readonly path: { readonly id: string | number }; readonly query?: { readonly approval?: string }; readonly answer: unknown };
  'runControl.patchStep': { readonly path: { readonly id: string | number; readonly step: string | number }; readonly body: PatchStepDto; readonly answer: unknown };
  'runControl.repeat': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly body: RepeatItemDto; readonly answer: unknown };
  'runControl.resolve': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly body: ResolveItemDto; readonly answer: undefined };
  'runControl.signal': { readonly path: { readonly id: string | number; readonly name: string | number }; readonly body: SignalDto; readonly answer: unknown };
  'runs.cancel': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runs.events': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runs.get': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runs.items': { readonly path: { readonly step: string | number; readonly id: string | number }; readonly query?: { readonly status?: 'pending' | 'queued' | 'running' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled'; readonly sort?: 'index' | '-index' | 'status' | '-status' | 'target' | '-target' | 'duration' | '-duration'; readonly limit?: number; readonly cursor?: string }; readonly answer: unknown };
  'runs.list': { readonly query?: { readonly status?: 'running' | 'paused' | 'completed' | 'partial' | 'failed' | 'cancelled'; readonly name?: string; readonly limit?: number; readonly cursor?: string }; readonly answer: unknown };
  'runs.pause': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runs.rerun': { readonly path: { readonly id: string | number }; readonly body: RerunDto; readonly answer: unknown };
  'runs.resume': { readonly path: { readonly id: string | number }; readonly answer: unknown };
  'runs.start': { readonly headers?: { readonly 'Idempotency-Key'?: string }; readonly body: StartRunDto; readonly answer: unknown };
  'templates.add': { readonly body: AddTemplateDto; readonly answer: TemplateView };
  'templates.disable': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.enable': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.get': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.list': { readonly answer: TemplateListView };
  'templates.promote': { readonly path: { readonly id: string | number }; readonly answer: TemplateView };
  'templates.proposals': { readonly answer: TemplateProposalListView };
  'templates.reject': { readonly path: { readonly id: string | number }; readonly answer: undefined };
  'timeline.attempts': { readonly path: { readonly id: string | number }; readonly answer: AttemptBarsView };
  'timeline.item': { readonly path: { readonly id: string | number; readonly step: string | number; readonly item: string | number }; readonly answer: ItemLogView };
  'timeline.timeline': { readonly path: { readonly id: string | number }; readonly answer: TimelineView };
  'tools.get': { readonly path: { readonly name: string | number }; readonly answer: unknown };
  'tools.list': { readonly answer: unknown };
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
  'timeline.attempts': { method: 'GET', path: '/runs/{id}/timeline/attempts' },
  'timeline.item': { method: 'GET', path: '/runs/{id}/steps/{step}/items/{item}' },
  'timeline.timeline': { method: 'GET', path: '/runs/{id}/timeline' },
  'tools.get': { method: 'GET', path: '/tools/{name}' },
  'tools.list': { method: 'GET', path: '/tools' },
} as const satisfies Record<keyof Operations, { readonly method: string; readonly path: string }>;
