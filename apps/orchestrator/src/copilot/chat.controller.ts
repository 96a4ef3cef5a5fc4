import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CHAT_NOTE_TYPES, ChatFullTableView, ChatProgressView, ChatReplyView, ChatRequestDto, ChatStartedView, ChatTableQueryDto, ConversationPageView, ConversationQueryDto, ConversationView, GenerationPageView, ListConversationsQueryDto, ListGenerationsQueryDto } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import type { Request, Response } from 'express';
import { csvOf } from '../http/items-csv.js';
import { QueryOf } from '../http/query-of.js';
import { Answers } from '../http/response-schemas.js';
import { ChatStream } from './chat-stream.js';
import { ConversationDesk } from './conversation-desk.js';
import { CHAT_STORE, type ChatStore } from './ports.js';

const EVENTS = { events: { started: ChatStartedView, [CHAT_NOTE_TYPES.join('|')]: 'object', 'confirmation|result': ChatReplyView, progress: ChatProgressView } } as const;

type TableParams = Record<'id' | 'turn' | 'table', string>;

@ApiTags('chat')
@Controller()
@UseGuards(ApiTokenGuard)
export class ChatController {
  constructor(@Inject(ConversationDesk) private readonly desk: ConversationDesk, @Inject(CHAT_STORE) private readonly store: ChatStore) {}

  /**
   * What a person says to the mesh. Reading plans run at once and are waited for, for a while; what changes something is answered with a `confirmation` and waits for approval.
   * `Accept: text/event-stream` gives the way there as events, and the same reply at their end.
   */
  @Post('chat')
  @HttpCode(200)
  @Scopes('runs:read', 'runs:write')
  @ApiBody({ type: ChatRequestDto })
  @Answers(200, { 'application/json': ChatReplyView, 'text/event-stream': EVENTS })
  async chat(@CurrentPrincipal() principal: Principal, @Body() body: ChatRequestDto, @Req() request: Request, @Res() response: Response): Promise<void> {
    const key = await this.desk.send(principal, body);
    if (request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream') await new ChatStream({ desk: this.desk, key, request, response, end: 'with-confirmation' }).run();
    else response.json(await this.desk.reply(key));
  }

  /** The newest first. */
  @Get('conversations')
  @QueryOf(ListConversationsQueryDto)
  @Scopes('runs:read')
  @ApiOkResponse({ type: ConversationPageView })
  list(@CurrentPrincipal() principal: Principal, @Query() query: ListConversationsQueryDto): Promise<ConversationPageView> {
    return this.desk.list(principal, query);
  }

  @Get('conversations/:id')
  @QueryOf(ConversationQueryDto)
  @Scopes('runs:read')
  @ApiOkResponse({ type: ConversationView })
  get(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Query() { actor_id: actorId }: ConversationQueryDto): Promise<ConversationView> {
    return this.desk.get(principal, id, actorId);
  }

  /** The events of one message until its reply is final, also after an approval. `Last-Event-ID` goes on after that event. */
  @Get('conversations/:id/turns/:turn/events')
  @QueryOf(ConversationQueryDto)
  @Scopes('runs:read')
  @Answers(200, { 'text/event-stream': EVENTS })
  @ApiParam({ name: 'id' })
  @ApiParam({ name: 'turn' })
  async events(@CurrentPrincipal() principal: Principal, @Query() { actor_id: actorId }: ConversationQueryDto, @Req() request: Request<Record<'id' | 'turn', string>>, @Res() response: Response): Promise<void> {
    const key = await this.desk.turnOf(principal, { ...request.params, actorId });
    await new ChatStream({ desk: this.desk, key, request, response, end: 'with-reply' }).run();
  }

  /** A table of an answer with all its rows, as CSV (RFC 4180), or with `Accept: application/json` as JSON. */
  @Get('conversations/:id/turns/:turn/tables/:table')
  @QueryOf(ChatTableQueryDto)
  @Scopes('runs:read')
  @Answers(200, { 'text/csv': 'text', 'application/json': ChatFullTableView })
  @ApiParam({ name: 'id' })
  @ApiParam({ name: 'turn' })
  @ApiParam({ name: 'table' })
  async table(@CurrentPrincipal() principal: Principal, @Query() { actor_id: actorId, status }: ChatTableQueryDto, @Req() request: Request<TableParams>, @Res() response: Response): Promise<void> {
    const { id, turn, table: number } = request.params;
    const table = await this.desk.table(await this.desk.turnOf(principal, { id, turn, actorId }), number, status);
    if (request.accepts(['text/csv', 'application/json']) === 'application/json') {
      response.json(table);
      return;
    }
    const header = ['target', 'status', 'reason', ...table.columns.map((c) => (c.unit === null ? c.title : `${c.title} (${c.unit})`)), 'attempt', 'cached at', 'log'];
    response.type('text/csv').send(csvOf([header, ...table.rows.map((r) => [r.target, r.status, r.reason, ...r.cells, r.source?.attempt, r.source?.cached?.at, r.source?.url])]));
  }

  /** How messages became plans, or did not: what was matched, rejected and why. The newest first. */
  @Get('generations')
  @QueryOf(ListGenerationsQueryDto)
  @Scopes('runs:read')
  @ApiOkResponse({ type: GenerationPageView })
  generations(@CurrentPrincipal() principal: Principal, @Query() query: ListGenerationsQueryDto): Promise<GenerationPageView> {
    return this.store.generations(principal.tenantId, query);
  }
}
