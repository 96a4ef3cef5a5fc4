import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ProblemError } from '@opsmesh/platform';
import { catchError, type Observable } from 'rxjs';
import { InventoryError, type InventoryErrorCode } from '../inventory/inventory-error.js';

const STATUS: Readonly<Record<InventoryErrorCode, number>> = { invalid: 422, 'not-found': 404, conflict: 409 };
const CODE: Readonly<Record<InventoryErrorCode, string>> = { invalid: 'invalid-value', 'not-found': 'not-found', conflict: 'conflict' };

/** Answers an InventoryError as a problem document: 422 `invalid-value`, 404 `not-found`, 409 `conflict`. */
@Injectable()
export class InventoryProblems implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => {
      throw error instanceof InventoryError ? new ProblemError(STATUS[error.code], CODE[error.code], error.message, { cause: error }) : error;
    }));
  }
}
