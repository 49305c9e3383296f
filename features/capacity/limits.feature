@cap:shared-eni
Feature: How many pods a node serves
  In shared mode (EniQuantity - 1) x EniPrivateIpAddressQuantity, by the cloud's answer.

  @req:CAP-1 @serial
  Scenario: An ecs.g7.4xlarge serves 210 pods and refuses the next
    8 interfaces of 30 addresses, the primary one left to the node.

    Given a node "n1" with:
      | type | ecs.g7.4xlarge |
    Then the capacity that "n1" publishes is 210
    And "n1" serves 210 pods and refuses one more

  @req:CAP-1
  Scenario: A small node is filled to its last address
    Given the cloud sells type "plumbline.test.three-by-six" with 3 interfaces of 6 addresses
    And a node "n1" with:
      | type | plumbline.test.three-by-six |
    Then the capacity that "n1" publishes is 12
    And "n1" serves 12 pods and refuses one more

  @req:CAP-7
  Scenario Outline: The limit stays 210 when maxPods is <pods>
    Given a node "n1" with:
      | type | ecs.g7.4xlarge |
      | pods | <pods>         |
    Then the capacity that "n1" publishes is 210
    And "n1" is admitted

    Examples:
      | pods |
      | 5    |
      | 500  |

  @req:CAP-6
  Scenario: The limit follows the cloud's answer
    Given the cloud sells type "plumbline.test.changing" with 4 interfaces of 5 addresses
    And a node "n1" of type "plumbline.test.changing"
    Then the capacity that "n1" publishes is 15
    When the cloud changes type "plumbline.test.changing" to 8 interfaces of 30 addresses
    Then the capacity that "n1" publishes becomes 210
    And "n1" is admitted

  @req:CAP-6 @cap:cli
  Scenario: Odd answers of the cloud give small limits
    No answer makes a limit negative, and none makes it overflow.

    Then the limits of these types are, by cloud:
      | plumbline.odd.limit-10  | 10  |
      | plumbline.odd.eni-0     | 0   |
      | plumbline.odd.eni-1     | 0   |
      | plumbline.odd.address-0 | 0   |
      | plumbline.odd.address-1 | 7   |
      | plumbline.odd.trunk-0   | 70  |
      | plumbline.odd.dual      | 70  |

  @req:ADM-3 @cap:cli
  Scenario: Twenty limits worked out by hand
    Then the limits of these types are, by table and by cloud:
      | ecs.g7.4xlarge       | 210 |
      | ecs.g7.large         | 12  |
      | ecs.c5.large         | 6   |
      | ecs.c6.xlarge        | 20  |
      | ecs.c9a.2xlarge      | 45  |
      | ecs.d1.14xlarge      | 140 |
      | ecs.ebmc6a.64xlarge  | 300 |
      | ecs.g6.8xlarge       | 140 |
      | ecs.i1.xlarge        | 20  |
      | ecs.i3.26xlarge      | 420 |
      | ecs.r7a.8xlarge      | 180 |
      | ecs.s6-c1m1.small    | 2   |
      | ecs.t6-c1m4.2xlarge  | 6   |
      | ecs.ebmg5s.24xlarge  | 310 |
      | ecs.ebmg7.32xlarge   | 620 |
      | ecs.g6.26xlarge      | 280 |
      | ecs.t6-c1m1.large    | 2   |
      | ecs.v5-c1m2.3xlarge  | 12  |
      | ecs.gn5i-c16g1.4xlarge | 140 |
      | ecs.c7t.6xlarge      | 210 |

  @req:ADM-3 @cap:cli
  Scenario: The whole catalogue by table and by cloud
    Then table and cloud agree with the formula on the limits of 600 types or more
