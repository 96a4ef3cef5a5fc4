import { orchestratorConfig } from './config.js';

const retention = (more: Record<string, string>) => orchestratorConfig({ DATABASE_URL: 'postgres://h/db', ...more }).retention;

it('keeps ended runs for 90 days, those with unknown outcomes for ever and what is known of deleted ones for two years', () => {
  expect(retention({})).toEqual({ days: 90, unknownDays: null, auditDays: 730 });
});

it('keeps everything for as long as is set', () => {
  expect(retention({ OPSMESH_RETENTION_DAYS: '7', OPSMESH_RETENTION_UNKNOWN_DAYS: '365', OPSMESH_RETENTION_AUDIT_DAYS: 'off' })).toEqual({ days: 7, unknownDays: 365, auditDays: null });
});

it.each(['off', '0'])('deletes nothing where that is %s', (days) => {
  expect(retention({ OPSMESH_RETENTION_DAYS: days })).toBeUndefined();
});
