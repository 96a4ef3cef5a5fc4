import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { allSchemas } from '@opsmesh/contracts';

/** The OpenAPI document: paths from the controllers, schemas from the same DTO classes that check the bodies. */
function openApi(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('opsmesh orchestrator')
    .setDescription('Plans, runs and the tool catalogue. Errors are RFC 9457 problem documents with a `code`.')
    .setVersion('1')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, about);
  const schemas = allSchemas() as NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
  const shown = new Set([...Object.keys(document.components?.schemas ?? {}), 'ProblemDto', 'DiagnosticDto', 'FailureDto', 'ToolDeclarationDto', 'RetryPolicyDto', 'BackoffDto', 'CredentialNeedDto', 'CommandInputDto', 'ToolEstimateDto']);
  // What a shown schema refers to is shown too.
  for (const name of shown) for (const [, other] of JSON.stringify(schemas[name] ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) shown.add(other!);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...Object.fromEntries(Object.entries(schemas).filter(([name]) => shown.has(name))) } };
  return document;
}

/** Serves the document at `/docs` (for people), `/docs-json` and `/docs-yaml`. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApi(app), { customSiteTitle: 'opsmesh API' });
}
