import { GetComputerInfo } from './get-computer-info.js';
import { GetEventLog } from './get-event-log.js';
import { GetHotFix } from './get-hot-fix.js';
import { GetLocalUser } from './get-local-user.js';
import { GetNetTcpConnection } from './get-net-tcp-connection.js';
import { GetProcess } from './get-process.js';
import { GetService } from './get-service.js';
import { GetVolume } from './get-volume.js';
import { GetWinEvent } from './get-win-event.js';
import { RestartWindowsService } from './restart-service.js';
import { StopProcess } from './stop-process.js';
import { TestConnection } from './test-connection.js';

/** The tools that are cmdlets of Windows PowerShell. */
export const CMDLET_TOOLS = [
  GetVolume, GetService, GetProcess, GetEventLog, GetWinEvent, GetComputerInfo, GetNetTcpConnection, GetLocalUser, GetHotFix, RestartWindowsService, StopProcess, TestConnection,
] as const;
