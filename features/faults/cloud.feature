@cap:shared-eni @serial
Feature: A cloud that lies
  Answers that are lost, late or refused. Nothing is made twice, nothing is left without an owner,
  nothing that is in use is given up, and pods that run notice nothing.

  @req:FLT-5 @fault:lying-cloud
  Scenario Outline: A <action> that took effect although its answer was lost
    Given a node "n1" with:
      | type                 | <type>  |
      | config min_pool_size | 0       |
      | config max_pool_size | 0       |
      | config address_rest  | "200ms" |
    And a pod "z" on "n1"
    And the cloud acts and answers <action> with an error, 2 times
    When a pod "a" comes to "n1"
    And the runtime deletes "a"
    Then the cloud comes to answer <action> with InternalError
    And pods, cloud, kernel and reports of "n1" come to agree
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | action                     | type                   |
      | AssignPrivateIpAddresses   | ecs.g7.4xlarge         |
      | UnassignPrivateIpAddresses | ecs.g7.4xlarge         |

    @slow
    Examples:
      | action                     | type                   |
      | AssignIpv6Addresses        | ecs.g7.4xlarge         |
      | UnassignIpv6Addresses      | ecs.g7.4xlarge         |

  @req:FLT-5 @fault:lying-cloud
  Scenario Outline: An interface whose <action> took effect although its answer was lost
    An interface of this type has one address, so every pod needs one of its own.

    Given the cloud sells type "plumbline.odd.<word>" with 14 interfaces of 1 addresses
    And a node "n1" with:
      | type                 | plumbline.odd.<word> |
      | config min_pool_size | 0                    |
      | config max_pool_size | 0                    |
      | config address_rest  | "200ms"              |
    And a pod "z" on "n1"
    And the cloud acts and answers <action> with an error, 2 times
    When a pod "a" comes to "n1"
    And the runtime deletes "a"
    Then the cloud comes to answer <action> with InternalError
    And pods, cloud, kernel and reports of "n1" come to agree
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | action                 | word      |
      | CreateNetworkInterface | lost-made |
      | AttachNetworkInterface | lost-in   |
      | DetachNetworkInterface | lost-out  |

    @slow
    Examples:
      | action                 | word      |
      | DeleteNetworkInterface | lost-gone |

  @req:FLT-5 @fault:lying-cloud @slow
  Scenario Outline: A <action> that took effect and was never answered
    How long an answer is waited for is the target's own. The next pod is served, too.

    Given the cloud sells type "plumbline.odd.silent-<seats>" with 14 interfaces of <seats> addresses
    And a node "n1" with:
      | type                 | plumbline.odd.silent-<seats> |
      | config min_pool_size | 0                            |
      | config max_pool_size | 0                            |
      | config address_rest  | "200ms"                      |
    And a pod "z" on "n1"
    And the cloud acts and does not answer <action>, once
    And a sandbox "a" on "n1"
    Then "n1" comes to serve "a" within 60 s
    When the runtime deletes "a"
    Then the cloud comes to leave <action> without an answer
    When a sandbox "b" on "n1"
    Then "n1" comes to serve "b" within 60 s
    And pods, cloud, kernel and reports of "n1" come to agree within 60 s
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | action                     | seats |
      | CreateNetworkInterface     | 1     |
      | AttachNetworkInterface     | 1     |
      | DetachNetworkInterface     | 1     |
      | DeleteNetworkInterface     | 1     |
      | DescribeNetworkInterfaces  | 1     |
      | DescribeVSwitches          | 1     |
      | DescribeInstanceTypes      | 1     |
      | AssignPrivateIpAddresses   | 9     |
      | UnassignPrivateIpAddresses | 9     |
      | AssignIpv6Addresses        | 9     |
      | UnassignIpv6Addresses      | 9     |

  @req:FLT-4 @fault:lying-cloud
  Scenario: Descriptions that lag make nobody give up what is in use
    Given a node "n1" with:
      | config min_pool_size | 0       |
      | config max_pool_size | 2       |
      | config address_rest  | "200ms" |
    And a pod "z" on "n1"
    And the cloud describes interfaces as they were 500 to 2500 ms ago
    When 6 pods come to "n1"
    And the controller is killed
    And the controller is started
    And a pod "a" comes to "n1"
    Then "a" reaches "z" over TCP with IPv4
    When the runtime deletes "a"
    And the cloud is honest again
    Then pods, cloud, kernel and reports of "n1" come to agree
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-4 @fault:lying-cloud
  Scenario: Descriptions two a page and in no order are read to their end
    An interface of this type has two addresses, so there are more of them than a page holds.

    Given the cloud sells type "plumbline.odd.mixed" with 14 interfaces of 2 addresses
    And a node "n1" with:
      | type                 | plumbline.odd.mixed |
      | config min_pool_size | 0                   |
      | config max_pool_size | 0                   |
      | config address_rest  | "200ms"             |
    And a pod "z" on "n1"
    And the cloud describes interfaces two a page and in no order
    When 8 pods come to "n1"
    And the controller is killed
    And the controller is started
    And a pod "a" comes to "n1"
    Then "a" reaches "z" over TCP with IPv4
    When the runtime deletes "a"
    And the cloud is honest again
    Then pods, cloud, kernel and reports of "n1" come to agree
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-6 @fault:error-matrix
  Scenario Outline: <action> that is refused with <code>
    Where addresses run out, the node has room for one interface: no other vSwitch can help.

    Given a node "n1" with:
      | type                    | <type>  |
      | config min_pool_size    | 0       |
      | config max_pool_size    | 0       |
      | config address_rest     | "200ms" |
      | config allocate_timeout | "2s"    |
    And a node "n2"
    And a pod "b" on "n2"
    And a pod "z" on "n1"
    And a sandbox "a" on "n1"
    Then the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the cloud refuses <action> with <code> as <status>
    And the runtime adds "a"
    Then it fails, unlike "ADD z"
    And an event of "n1" tells "<code>"
    And <action> was asked 40 times at most
    And "b" reaches "z" over TCP with IPv4
    When the cloud is honest again
    Then "n1" comes to serve "a"
    And pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | action                   | code                               | status | type                       |
      | AssignPrivateIpAddresses | InvalidVSwitchId.IpNotEnough       | 403    | plumbline.odd.limit-12     |
      | AssignPrivateIpAddresses | InvalidOperation.Ipv4CountExceeded | 403    | ecs.g7.4xlarge             |
      | AssignPrivateIpAddresses | InvalidOperation.InvalidEniState   | 400    | ecs.g7.4xlarge             |
      | AssignPrivateIpAddresses | NoPermission                       | 403    | ecs.g7.4xlarge             |
      | AssignIpv6Addresses      | InvalidOperation.Ipv6CountExceeded | 403    | ecs.g7.4xlarge             |

  @req:FLT-6 @fault:error-matrix @slow
  Scenario Outline: An interface whose <action> is refused with <code>
    An interface of this type has one address, so every pod needs one of its own.

    Given the cloud sells type "plumbline.odd.<word>" with 14 interfaces of 1 addresses
    And a node "n1" with:
      | type                    | plumbline.odd.<word> |
      | config min_pool_size    | 0                    |
      | config max_pool_size    | 0                    |
      | config address_rest     | "200ms"              |
      | config allocate_timeout | "2s"                 |
    And a node "n2"
    And a pod "b" on "n2"
    And a pod "z" on "n1"
    And a sandbox "a" on "n1"
    When the cloud refuses <action> with <code> as <status>
    And the runtime adds "a"
    Then it fails, unlike "ADD z"
    And an event of "n1" tells "<code>"
    And <action> was asked 40 times at most
    And "b" reaches "z" over TCP with IPv4
    When the cloud is honest again
    Then "n1" comes to serve "a"
    And pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | action                 | code                                     | status | word |
      | CreateNetworkInterface | EniPerInstanceLimitExceeded              | 403    | e1   |
      | CreateNetworkInterface | SecurityGroupInstanceLimitExceed         | 403    | e2   |
      | CreateNetworkInterface | QuotaExceeded.PrivateIpAddress           | 403    | e3   |
      | CreateNetworkInterface | Forbidden.RAM                            | 403    | e4   |
      | CreateNetworkInterface | InternalError                            | 500    | e5   |
      | CreateNetworkInterface | InvalidSecurityGroupId.NotFound          | 404    | e15  |
      | CreateNetworkInterface | IdempotentFailed                         | 400    | e16  |
      | AttachNetworkInterface | InvalidOperation.InvalidEcsState         | 403    | e6   |
      | AttachNetworkInterface | InvalidStatus.InstanceIsMigrating        | 403    | e7   |
      | AttachNetworkInterface | NoPermission                             | 403    | e8   |
      | AttachNetworkInterface | EniPerInstanceLimitExceeded              | 403    | e17  |
      | AttachNetworkInterface | InvalidEniId.NotFound                    | 404    | e18  |

  @req:FLT-6 @fault:error-matrix @slow
  Scenario Outline: Giving back when <action> is refused with <code>
    Given the cloud sells type "plumbline.odd.<word>" with 14 interfaces of <seats> addresses
    And a node "n1" with:
      | type                 | plumbline.odd.<word> |
      | config min_pool_size | 0                    |
      | config max_pool_size | 0                    |
      | config address_rest  | "200ms"              |
    And a pod "z" on "n1"
    And a pod "a" on "n1"
    When the cloud refuses <action> with <code> as <status>
    And the runtime deletes "a"
    Then the cloud comes to answer <action> with <code>
    And "z" reaches the world over TCP with IPv4, under its own address
    When the cloud is honest again
    Then pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | action                     | code                                 | status | word | seats |
      | UnassignPrivateIpAddresses | NoPermission                         | 403    | e9   | 9     |
      | UnassignPrivateIpAddresses | InvalidOperation.InvalidEniState     | 400    | e10  | 9     |
      | UnassignPrivateIpAddresses | Operation.Conflict                   | 409    | e11  | 9     |
      | DetachNetworkInterface     | InvalidOperation.InvalidEcsState     | 403    | e12  | 1     |
      | DetachNetworkInterface     | InvalidOperation.InvalidEniState     | 400    | e13  | 1     |
      | DeleteNetworkInterface     | InvalidOperation.InvalidEniState     | 400    | e14  | 1     |

  @req:FLT-6 @fault:error-matrix
  Scenario Outline: Pods come and go although <action> is refused with <number> of the errors listed for it
    The cloud's pages list the errors of each action; `fixtures/cloud-sim/src/documented.rs` has
    them. Four at a time are answered, each once, while a pod comes and goes; the seed chooses.

    Given the cloud sells type "plumbline.odd.listed-<seats>" with 14 interfaces of <seats> addresses
    And a node "n1" with:
      | type                       | plumbline.odd.listed-<seats> |
      | config min_pool_size       | 0                            |
      | config max_pool_size       | 0                            |
      | config address_rest        | "100ms"                      |
      | config ip_pool_sync_period | "100ms"                      |
    And a pod "z" on "n1"
    Then pods come to "n1" and go although <action> is refused with <number> of the errors listed for it
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | action                     | seats | number |
      | AttachNetworkInterface     | 1     | 4      |
      | UnassignPrivateIpAddresses | 9     | 4      |

    @slow
    Examples:
      | action                     | seats | number |
      | CreateNetworkInterface     | 1     | all    |
      | AttachNetworkInterface     | 1     | all    |
      | DetachNetworkInterface     | 1     | all    |
      | DeleteNetworkInterface     | 1     | all    |
      | DescribeNetworkInterfaces  | 1     | all    |
      | DescribeVSwitches          | 1     | all    |
      | DescribeInstanceTypes      | 1     | all    |
      | AssignPrivateIpAddresses   | 9     | all    |
      | UnassignPrivateIpAddresses | 9     | all    |
      | AssignIpv6Addresses        | 9     | all    |
      | UnassignIpv6Addresses      | 9     | all    |

  @req:FLT-19 @fault:vswitch
  Scenario Outline: A vSwitch is passed by when <action> there is refused with <code>
    Each pod of "n2" needs an interface of its own: for one of them nobody can go by what was
    known before. A controller that starts anew passes none by yet.

    Given the cloud sells type "plumbline.odd.passed-by" with 14 interfaces of 1 addresses
    When the controller is killed
    And the controller is started
    Given a node "n1" with:
      | config vswitches                | {"cn-hangzhou-a": ["vsw-pods-a2", "vsw-pods-a"]} |
      | config vswitch_selection_policy | "ordered"                                        |
      | config min_pool_size            | 0                                                |
      | config max_pool_size            | 2                                                |
    And a node "n2" with:
      | type                            | plumbline.odd.passed-by                          |
      | config vswitches                | {"cn-hangzhou-a": ["vsw-pods-a2", "vsw-pods-a"]} |
      | config vswitch_selection_policy | "ordered"                                        |
      | config min_pool_size            | 0                                                |
      | config max_pool_size            | 2                                                |
    And a pod "z" on "n1"
    When the cloud refuses <action> in "vsw-pods-a2" with <code> as <status>
    And a pod "a" comes to "n2"
    And a pod "b" comes to "n2"
    And a pod "c" comes to "n2"
    Then the cloud comes to answer <action> with <code>
    And "a" reaches "z" over TCP with IPv4
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | action                 | code                         | status |
      | DescribeVSwitches      | NoPermission                 | 403    |
      | CreateNetworkInterface | InvalidVSwitchId.NotFound    | 404    |
